import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { hasPrograms } from '../../scripts/node-versions.mjs';
import { isThere, programOf, runtimes } from '../../scripts/runtimes.mjs';
import { newSecret, signatureHeaders } from '../../src/server/webhooks/signature.ts';
import { userTokenSecret } from '../protocol/users.ts';
import { keys, startApi } from '../server/rest/api.ts';
import { emptyFolder } from '../support/built-server.ts';
import type { Trial, tryAll } from './try-all.ts';

const file = fileURLToPath(new URL('try-all.ts', import.meta.url));

async function trial(): Promise<Trial> {
  const { server } = await startApi();
  const secret = newSecret();
  const body = '{"type":"call.ended","data":{"id":"evt_1"}}';
  const headers = { ...signatureHeaders({ id: 'evt_1', sentAt: Date.now(), body }, [secret]) };
  const tokenSecret = userTokenSecret;
  return {
    url: server.url.replace('localhost', '127.0.0.1'),
    apiKey: keys.clinic,
    tokenSecret,
    webhook: { body, headers, secret },
  };
}

const whatItShouldBe = {
  count: 1,
  refused: 'NO_CALL',
  token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  type: 'call.ended',
  forged: 'InvalidWebhook',
};

/** In CI a program that the registry has may not be missing. */
const skips = (runtime: (typeof runtimes)[number]) => !isThere(runtime) && !(hasPrograms && process.env.CI === 'true');

describe('mesh-workspaces/server', () => {
  for (const runtime of runtimes) {
    it.skipIf(skips(runtime))(`runs on ${runtime}`, async () => {
      const cwd = await emptyFolder();
      const code = `import { tryAll } from ${JSON.stringify(file)};
        console.log(JSON.stringify(await tryAll(${JSON.stringify(await trial())})));`;
      const args = runtime === 'deno' ? ['eval', '--no-lock', '--ext=ts', code] : ['-e', code];
      const env = { PATH: process.env.PATH ?? '', HOME: cwd, DENO_DIR: cwd, NO_COLOR: '1' };
      const { stdout } = await promisify(execFile)(programOf(runtime), args, { cwd, env });
      expect(JSON.parse(stdout)).toEqual(whatItShouldBe);
    });
  }

  it('needs nothing but what workers have too: fetch, WebCrypto and a few globals', async () => {
    const result = await build({
      configFile: false,
      logLevel: 'silent',
      build: { write: false, minify: false, lib: { entry: file, formats: ['iife'], name: 'library' } },
    });
    const [output] = [result].flat();
    if (!output || !('output' in output)) throw new Error('it was not bundled');
    // The rest is of JavaScript itself (ECMA-429, the minimum common API, has all of these).
    const web = {
      fetch,
      crypto,
      URL,
      URLSearchParams,
      TextEncoder,
      TextDecoder,
      AbortController,
      AbortSignal,
      atob,
      btoa,
    };
    const context = createContext({ ...web, setTimeout, clearTimeout });
    const library: { tryAll: typeof tryAll } = runInContext(`${output.output[0].code}; library`, context);
    expect(await library.tryAll(await trial())).toEqual(whatItShouldBe);
  });
});
