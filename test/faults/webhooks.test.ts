import type { Socket } from 'socket.io-client';
import { expect, it } from 'vitest';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { startNodes } from '../cluster/nodes.ts';
import { asking, skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { emptyFolder, production, run } from '../support/built-server.ts';
import { ofTest } from '../support/lifetime.ts';
import { type Receiver, startReceiver, verified } from '../support/receiver.ts';
import { ask, connect, must } from './clients.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak, figure, patience } from './soak.ts';

const secret = newSecret();
const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;

const settings = {
  ...production,
  PORT: '0',
  BCRYPT_COST: '4',
  SEAT_GRACE_SECONDS: '3600',
  CREATES_PER_MINUTE: '1000000',
};

/** A receiver, and what it has taken: the `seq` of each workspace, where it answered with success. */
interface Ledger {
  readonly receiver: Receiver;
  readonly taken: ReadonlyMap<string, ReadonlySet<number>>;
  /** Resolves when all events of these workspaces have come, up to their close. */
  complete(workspaces: readonly string[]): Promise<void>;
}

/** Fails the first time for every third event. */
async function startLedger(): Promise<Ledger> {
  const taken = new Map<string, Set<number>>();
  const ends = new Map<string, number>();
  const seen = new Set<string>();
  const receiver = await startReceiver({
    answer: (delivery) => {
      const { type, data } = verified(delivery, secret);
      const isNew = !seen.has(data.id);
      seen.add(data.id);
      if (isNew && seen.size % 3 === 0) return 500;
      const { id } = data.workspace;
      taken.set(id, (taken.get(id) ?? new Set()).add(data.seq));
      if (type === 'workspace.closed') ends.set(id, data.seq);
      return 204;
    },
  });
  const isComplete = (id: string) => ends.has(id) && taken.get(id)?.size === ends.get(id);
  return {
    receiver,
    taken,
    async complete(workspaces) {
      await expect
        .poll(() => workspaces.filter((id) => !isComplete(id)), { timeout: patience(10) - 20_000, interval: 100 })
        .toEqual([]);
      for (const id of workspaces) {
        const seqs = [...(taken.get(id) ?? [])].sort((one, other) => one - other);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }
    },
  };
}

interface Owned {
  readonly id: string;
  readonly proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

/** Workspaces with calls, one after the other, until the connection is lost. @returns those that were acknowledged */
async function meet(owner: Socket, guest: Socket, most = Number.POSITIVE_INFINITY): Promise<Owned[]> {
  const owned: Owned[] = [];
  while (owned.length < most) {
    const created = await ask(owner, 'create', { workspace: {}, attendee: { name: 'Owner' } });
    if (!created?.ok) return owned;
    const { workspace, attendee, accessToken } = created;
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    owned.push({ id: workspace.id, proof });
    const attended = await ask(guest, 'attend', { workspace: { token: workspace.token }, attendee: { name: 'Guest' } });
    if (!attended?.ok) return owned;
    const theirs = { ...proof, attendee: { id: attended.attendee.id }, accessToken: attended.accessToken };
    const call = { id: 'call' };
    const steps = [
      () => ask(owner, 'ring', { ...proof, callee: theirs.attendee, offer, call }),
      () => ask(guest, 'answer', { ...theirs, caller: proof.attendee, answer, call }),
      () => ask(owner, 'hangup', { ...proof, call }),
      () => ask(guest, 'leave', theirs),
      () => ask(owner, 'leave', proof),
    ];
    for (const step of steps) if (!(await step())) return owned;
  }
  return owned;
}

/** Closes workspaces, so that their last events are known. */
async function closeAll(url: string, owned: readonly Owned[]): Promise<void> {
  for (const { proof } of owned) {
    const socket = await connect(url);
    await must(socket, 're-attend', proof);
    await must(socket, 'destroy', proof);
    socket.close();
  }
}

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
      const meeting = meet(await connect(other.url), await connect(other.url));
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
      await meet(owner, guest, meetings);
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
