import { expect, it } from 'vitest';
import { startNodes } from '../cluster/nodes.ts';
import { asking, skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { emptyFolder, run } from '../support/built-server.ts';
import { ofTest } from '../support/lifetime.ts';
import { startReceiver } from '../support/receiver.ts';
import { connect } from './clients.ts';
import { closeAll, meet, type Owned, secret, settings, startLedger } from './meetings.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak, figure, patience } from './soak.ts';

it('every event arrives, signed, although the server is killed again and again and the receiver fails', {
  timeout: patience(10),
}, async () => {
  const random = seededRandom();
  const folder = await emptyFolder();
  const ledger = await startLedger();
  const env = {
    ...settings,
    WEBHOOK_URL: ledger.receiver.url,
    WEBHOOK_SECRET: secret,
    JSON_STORAGE_FILE: 'rooms.json',
  };
  const owned: Owned[] = [];
  for (let round = 0; round < atSoak(4, 100); round++) {
    const server = run(folder, { env });
    const url = await server.listening();
    // A server that is gone before its clients are there would have them wait for ever.
    const [one, other] = [await connect(url), await connect(url)];
    setTimeout(() => server.kill('SIGKILL'), random.whole(100, 900));
    owned.push(...(await meet(one, other)));
    await server.ended;
  }
  const server = run(folder, { env });
  await closeAll(await server.listening(), owned);
  expect(owned.length).toBeGreaterThan(0);
  await ledger.complete(owned.map(({ id }) => id));
  const sent = ledger.receiver.received.length;
  const taken = [...ledger.taken.values()].reduce((sum, { size }) => sum + size, 0);
  figure(`webhooks: ${taken} events of ${owned.length} workspaces arrived in ${sent} deliveries over kill -9`);
  server.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
  for (const text of [server.output.stdout, server.output.stderr]) expect(text).not.toContain(secret.slice(6));
});

it.skipIf(skipsPostgres() || skipsRedis())(
  'of two nodes one sends, and when it is killed the other one takes over within seconds',
  { timeout: patience(10) },
  async () => {
    const [postgres, redis, ledger] = [await startPostgres(), await startRedis(), await startLedger()];
    const database = await postgres.database();
    const env = { ...settings, WEBHOOK_URL: ledger.receiver.url, WEBHOOK_SECRET: secret, DATABASE_URL: database };
    const { nodes } = await startNodes({ nodes: 2, env, redis, atEnd: ofTest });
    const names = () => nodes.map(({ output }) => /"node":"([^"]+)"/.exec(output.stdout)?.[1]);
    const holder = async () => {
      const { rows } = await asking(database, (client) => client.query('select holder from leases'));
      return names().indexOf(rows[0]?.holder);
    };
    const owned: Owned[] = [];
    for (let round = 0; round < atSoak(2, 30); round++) {
      await expect.poll(holder, { timeout: 20_000 }).toBeGreaterThanOrEqual(0);
      const sending = await holder();
      const [killed, other] = [nodes[sending], nodes[1 - sending]];
      if (!killed || !other) throw new Error('There is no such node.');
      const meeting = meet(await connect(other.url), await connect(other.url), { pauseMs: 50 });
      await ledger.receiver.until(({ length }) => length > 20 * (round + 1));
      killed.kill('SIGKILL');
      const begun = performance.now();
      const before = ledger.receiver.received.length;
      await ledger.receiver.until(({ length }) => length > before + 10);
      const seconds = (performance.now() - begun) / 1000;
      expect(seconds).toBeLessThan(15);
      figure(`webhooks: another node sent ${seconds.toFixed(1)} s after the kill of the one that did`);
      await killed.restart();
      other.kill('SIGTERM');
      owned.push(...(await meeting));
      await other.ended;
      await other.restart();
    }
    await closeAll(nodes[0]?.url ?? '', owned);
    await ledger.complete(owned.map(({ id }) => id));
  },
);

it('a receiver that never answers costs commands nothing', { timeout: patience(10) }, async () => {
  const silent = await startReceiver({ answer: () => undefined });
  const webhooks = { WEBHOOK_URL: silent.url, WEBHOOK_SECRET: secret };
  const servers = await Promise.all(
    [{}, webhooks].map(async (env) => {
      const server = run(await emptyFolder(), { env: { ...settings, ...env, DATABASE_URL: 'sqlite:records.db' } });
      const url = await server.listening();
      return { owner: await connect(url), guest: await connect(url), ms: [] as number[] };
    }),
  );
  const meetings = 10;
  // In turns, so that whatever else this machine does slows both down.
  for (let round = 0; round < atSoak(8, 40); round++) {
    for (const { owner, guest, ms } of servers) {
      const begun = performance.now();
      await meet(owner, guest, { most: meetings });
      ms.push((performance.now() - begun) / meetings);
    }
  }
  const [without = 0, withSilent = 0] = servers.map(({ ms }) => ms.sort((one, other) => one - other)[ms.length >> 1]);
  figure(
    `webhooks: a meeting of 7 commands takes ${without.toFixed(1)} ms, and ${withSilent.toFixed(1)} ms with a silent receiver`,
  );
  expect(silent.received.length).toBeGreaterThan(0);
  expect(withSilent).toBeLessThan(1.5 * without + 5);
});
