import { pino } from 'pino';
import { expect, it } from 'vitest';
import { connectCall } from '../../support/fixtures.ts';
import { keys, startApi } from './api.ts';
import { open } from './visitor.ts';

/** A logger that keeps its lines. */
function kept(level: string) {
  const lines: string[] = [];
  const log = pino({ level }, { write: (line: string) => lines.push(line) });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it('The log has the key, the operation, the status and the time of each request, and nothing of its content', async () => {
  const { log, lines, entries } = kept('info');
  const { server, host } = await startApi({}, { log });
  const created = await host.create({ pin: '24689753', owner: { name: 'Dr. Secret' }, metadata: { a: 'private' } });
  await host.ask('GET', `workspaces?limit=1&cursor=secret-cursor`);
  await host.ask('GET', 'nothing/private-path');
  await host.ask('GET', 'workspaces', { key: `${keys.clinic}wrong` });
  const owner = await open(server, created.owner.url);
  const guest = await open(server, created.invitation.url, {}, '24689753');
  await connectCall(owner, guest);
  const requests = entries().filter(({ msg }) => msg === 'request of the API');
  expect(requests).toMatchObject([
    { key: 'clinic', operation: 'POST workspaces', status: 201, ms: expect.any(Number) },
    { key: 'clinic', operation: 'GET workspaces', status: 422 },
    { key: 'clinic', operation: 'GET elsewhere', status: 404 },
  ]);
  const secrets = ['24689753', 'Dr. Secret', 'private', 'secret-cursor', created.owner.token, created.invitation.token];
  for (const secret of [...secrets, ...Object.values(keys)]) expect(lines.join('')).not.toContain(secret);
});

it('The log has requests without a key only where somebody looks for them', async () => {
  const { log, entries } = kept('debug');
  const { host } = await startApi({}, { log });
  await host.ask('GET', 'workspaces', { key: null });
  const [entry] = entries().filter(({ msg }) => msg === 'request of the API');
  expect(entry).toMatchObject({ level: 20, operation: 'GET elsewhere', status: 401 });
});
