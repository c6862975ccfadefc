import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { newSecret, signatureHeaders } from '../../src/server/webhooks/signature.ts';
import { withUsers } from '../protocol/users.ts';
import { keys, startApi } from '../server/rest/api.ts';
import { open } from '../server/rest/visitor.ts';

const page = readFileSync(new URL('../../docs/server-sdk.md', import.meta.url), 'utf8');
const [opening = '', operations = '', errors = '', token = '', webhook = ''] = [
  ...page.matchAll(/^```js\n(.*?)^```/gms),
].map(([, text = '']) => text);

const built = new URL('../../dist/src/host/mesh-server.js', import.meta.url);

/** Runs lines as printed, in the project's folder, where the package finds itself. @returns what they print */
async function run(lines: string, env: Record<string, string>): Promise<string> {
  if (!existsSync(built)) throw new Error('The built library is missing. Build it with: npm run build');
  const file = new URL('../../server-sdk-under-test.mjs', import.meta.url);
  writeFileSync(file, lines);
  onTestFinished(() => rmSync(file, { force: true }));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file.pathname], { env });
  expect(stderr).toBe('');
  return stdout;
}

it('docs/server-sdk.md begins with a consultation in ten lines, and the rest runs as printed', async () => {
  expect(opening.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const { server } = await startApi(withUsers);
  const here = opening.replace('http://localhost:9090', server.url);
  const printed = await run(here, { KEY: keys.clinic });
  const [, provider = ''] = /^Dr\. Ada: (\S+)$/m.exec(printed) ?? [];
  const [, client = ''] = /^Her client: (\S+)$/m.exec(printed) ?? [];
  const ada = await open(server, provider);
  await open(server, client, { name: 'Bob' });

  const env = { KEY: keys.clinic, USER_TOKEN_SECRET: withUsers.USER_TOKEN_SECRET };
  const lines = [here, operations, errors, token, 'console.log(token);'].join('\n');
  const userToken = (await run(lines, env)).trim().split('\n').at(-1);
  // The same externalId was the same consultation.
  await ada.client.notice('destroyed');
  const other = await server.connect();
  expect((await other.must('sign-in', { userToken })).user).toMatchObject({ id: 'ada', name: 'Dr. Ada' });
});

it('docs/server-sdk.md answers webhooks as printed', async () => {
  const secret = newSecret();
  const body = '{"type":"call.ended","data":{"call":{"id":"c1"},"billableSeconds":61}}';
  const headers = signatureHeaders({ id: 'evt_1', sentAt: Date.now(), body }, [secret]);
  const asking = `for (const body of [${JSON.stringify(body)}, '{}']) {
    const request = new Request('https://clinic.example', { method: 'POST', body, headers: ${JSON.stringify(headers)} });
    console.log((await onWebhook(request)).status);
  }`;
  expect(await run(`${webhook}\n${asking}`, { WEBHOOK_SECRET: secret })).toBe('c1 61\n204\n401\n');
});
