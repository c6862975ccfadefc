import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keys, startApi } from './api.ts';
import { run } from './shell.ts';
import { open } from './visitor.ts';

const page = readFileSync(new URL('../../../docs/rest.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) => text);

/** The programs that the page uses besides the shell. */
const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const canRun = ['bash', 'curl', 'jq'].every(has) || process.env.CI === 'true';

it.skipIf(!canRun)('docs/rest.md begins with a consultation in ten lines of curl, whose links work', async () => {
  const { server, host } = await startApi();
  const [, session = '', simple = ''] = blocks;
  const lines = session.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(10);
  expect(lines[0]).toBe('API=http://localhost:9090/api/v1');
  const here = [`API=${host.url}`, ...lines.slice(1)];
  const env = { PATH: process.env.PATH ?? '', KEY: keys.clinic };

  // As a person would: the links are opened before the rest is typed.
  const opening = here.findIndex((line) => line.startsWith('api "$API/calls'));
  const opened = await run(here.slice(0, opening).join('\n'), env);
  const [, provider = ''] = /^Dr\. Ada: (\S+)$/m.exec(opened) ?? [];
  const [, client = ''] = /^Bob: (\S+)$/m.exec(opened) ?? [];
  const ada = await open(server, provider);
  const bob = await open(server, client, { name: 'Bob' });
  expect(ada.granted.attendee).toMatchObject({ owner: true, name: 'Dr. Ada' });

  const all = await run(here.join('\n'), env);
  expect(all).toContain(provider);
  expect(all).toMatch(/"status": "closed",\s+"callSeconds": 0/);
  await ada.client.notice('destroyed');
  await bob.client.notice('destroyed');

  const workspace = await run([...here.slice(0, 2), simple].join('\n'), env);
  expect(JSON.parse(workspace)).toMatchObject({ workspace: { name: 'Check-up', hasPin: true, capacity: 2 } });
});

it('docs/rest.md has the way to start a server with a key that is good enough', () => {
  expect(blocks[0]).toContain('KEY=$(openssl rand -hex 32)');
  expect(blocks[0]).toContain('API_KEYS=clinic:$KEY npm start');
});
