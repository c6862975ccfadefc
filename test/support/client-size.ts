import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** What /client.js holds of the client library itself, built as it is served but for socket.io-client. */
export const clientAlone = (): Promise<string> => built('vite.client.config.ts');

/** What /recorder.js holds. */
export const recorderAlone = (): Promise<string> => built('vite.recorder.config.ts');

/** What /embed.js holds. */
export const embedAlone = (): Promise<string> => built('vite.embed.config.ts');

async function built(config: string): Promise<string> {
  const result = await build({
    configFile: fileURLToPath(new URL(`../../${config}`, import.meta.url)),
    logLevel: 'silent',
    build: { write: false, rollupOptions: { external: ['socket.io-client'] } },
  });
  const [output] = [result].flat();
  if (!output || !('output' in output)) throw new Error(`${config} bundled nothing`);
  return output.output[0].code;
}

/** Bytes after gzip at its best. */
export const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;
