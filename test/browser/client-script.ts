import { fileURLToPath } from 'node:url';
import { build } from 'vite';

let bundle: Promise<string> | undefined;

/** The client library as one script with the global `mesh`, as a host application would bundle it. */
export function clientScript(): Promise<string> {
  bundle ??= (async () => {
    const result = await build({
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: false,
        lib: {
          entry: fileURLToPath(new URL('../../src/client/mesh-client.ts', import.meta.url)),
          formats: ['iife'],
          name: 'mesh',
        },
      },
    });
    const [output] = [result].flat();
    if (!output || !('output' in output)) throw new Error('the client was not bundled');
    return output.output[0].code;
  })();
  return bundle;
}
