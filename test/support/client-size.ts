import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** What /client.js holds of the client library itself, built as it is served but for socket.io-client. */
export const clientAlone = (): Promise<string> => built('vite.client.config.ts');

/** What /recorder.js holds. */
export const recorderAlone = (): Promise<string> => built('vite.recorder.config.ts');

/** What /embed.js holds. */
export const embedAlone = (): Promise<string> => built('vite.embed.config.ts');

/** What `mesh-workspaces/react` adds to React and the client library. */
export async function reactAlone(): Promise<string> {
  const entry = fileURLToPath(new URL('../../src/react/react.ts', import.meta.url));
  const external = (id: string) => id === 'react' || id.endsWith('/client/mesh-client.ts');
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      // The minifier of a library's modules would keep the spaces.
      lib: { entry, formats: ['cjs'] },
      rollupOptions: { external },
    },
  });
  const [output] = [result].flat();
  if (!output || !('output' in output)) throw new Error('src/react/react.ts was not bundled');
  return output.output[0].code;
}

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
