import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Recorder, resumeUploads } from '../../src/recorder/recorder.ts';

/** The globals in a page that records: the module, and a recorder or the uploads of former visits. */
declare global {
  var meshRecorder: { Recorder: typeof Recorder; resumeUploads: typeof resumeUploads };
  var recorder: Pick<Recorder, 'state'>;
}

const bundles = new Map<string, Promise<string>>();

/** The client library as one script with the global `mesh`, as a host application would bundle it. */
export const clientScript = (): Promise<string> => bundled('client/mesh-client.ts', 'mesh');

/** The recorder as one script with the global `meshRecorder`. */
export const recorderScript = (): Promise<string> => bundled('recorder/recorder.ts', 'meshRecorder');

function bundled(file: string, name: string): Promise<string> {
  const known = bundles.get(file);
  if (known) return known;
  const bundle = build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), formats: ['iife'], name },
    },
  }).then((result) => {
    const [output] = [result].flat();
    if (!output || !('output' in output)) throw new Error(`${file} was not bundled`);
    return output.output[0].code;
  });
  bundles.set(file, bundle);
  return bundle;
}
