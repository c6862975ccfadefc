import { describe, expect, it } from 'vitest';
import { skipsPostgres, startPostgres } from '../records/postgres-server.ts';
import { type Created, type Host, type Problem, startApi } from './api.ts';

/** Asks, and expects the answer within a second that the records are away. */
async function expectAway(host: Host, method: string, path: string, asked: Parameters<Host['ask']>[2] = {}) {
  const since = performance.now();
  const answer = await host.ask<Problem>(method, path, asked);
  const ms = performance.now() - since;
  expect(answer, `${method} ${path}`).toMatchObject({ status: 503, body: { code: 'BUSY_TRY_AGAIN', retryAfter: 1 } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(JSON.stringify(answer.body)).not.toMatch(/postgres|sql|ECONN|127\.0\.0\.1/i);
  return ms;
}

describe.skipIf(skipsPostgres())('While the database is away', () => {
  it('requests that need it are refused within a second, and everything is there again with it', async () => {
    const postgres = await startPostgres();
    const { host } = await startApi({ DATABASE_URL: await postgres.database() });
    const { workspace } = await host.create({ externalId: 'case-7' });
    const body = { owner: { name: 'Ada' }, externalId: 'case-8' };
    const key = { headers: { 'Idempotency-Key': 'key-1' }, body };

    for (const away of [() => postgres.pause(), () => postgres.kill()]) {
      await away();
      const times = await Promise.all([
        expectAway(host, 'GET', 'workspaces'),
        expectAway(host, 'GET', 'calls'),
        expectAway(host, 'GET', 'webhooks'),
        expectAway(host, 'POST', 'workspaces', key),
        expectAway(host, 'POST', 'workspaces', { body }),
        expectAway(host, 'DELETE', 'users/ada'),
      ]);
      expect(Math.max(...times)).toBeLessThan(1_500);
      // Once the server knows it, it creates nothing whose events would have to wait.
      const plain = { body: { owner: { name: 'Ada' } } };
      await expect.poll(async () => (await host.ask('POST', 'workspaces', plain)).status).toBe(503);
      // A workspace that is there can be seen and changed.
      expect((await host.must<Created>('GET', `workspaces/${workspace.id}`)).workspace.id).toBe(workspace.id);
      if (postgres.isRunning) postgres.resume();
      else await postgres.start();
      await expect.poll(async () => (await host.ask('GET', 'workspaces')).status, { timeout: 10_000 }).toBe(200);
    }
    await expect.poll(async () => (await host.ask('POST', 'workspaces', key)).status, { timeout: 10_000 }).toBe(201);
    const { items } = await host.must<{ items: unknown[] }>('GET', 'workspaces?externalId=case-8');
    expect(items).toHaveLength(1);
  });
});
