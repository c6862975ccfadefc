import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { leaseAmongNodes } from '../../../src/server/webhooks/lease.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { startReceiver } from '../../support/receiver.ts';
import { open } from '../records/open.ts';
import { type Postgres, skipsPostgres, startPostgres } from '../records/postgres-server.ts';
import { seqsOf, startWebhooks, upTo } from './running-webhooks.ts';

const lifetime = new Lifetime();
let postgres: Postgres;

beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(lifetime.atEnd);
});

afterAll(() => lifetime.end());

const databases: [string, () => Promise<RecordsConfig>][] = [
  ['SQLite', async () => ({ kind: 'sqlite', file: null })],
  ['PostgreSQL', async () => ({ kind: 'postgres', url: await postgres.database() })],
];

describe.each(databases)('The lease of the node that sends, in %s', (kind, newDatabase) => {
  const it = test.skipIf(kind === 'PostgreSQL' && skipsPostgres());

  it('is held by one node, which renews it, and goes to another one when it lapses', async () => {
    const { leases } = await open(await newDatabase());
    let now = 1_000_000;
    const [one, other] = ['one', 'other'].map((name) => leaseAmongNodes(leases, name, () => now));
    if (!one || !other) throw new Error('unreachable');
    expect(one.isHeld).toBe(false);
    expect([await one.renew(), await other.renew(), one.isHeld, other.isHeld]).toEqual([true, false, true, false]);
    for (let second = 0; second < 20; second++) {
      now += 1000;
      expect([await one.renew(), await other.renew()]).toEqual([true, false]);
    }
    // From now on the first one stands still. It knows in time that it has no lease any more.
    now += 4000;
    expect([one.isHeld, await other.renew()]).toEqual([false, false]);
    now += 1000;
    expect([await other.renew(), await one.renew(), other.isHeld, one.isHeld]).toEqual([true, false, true, false]);
  });

  it('goes over at once when its holder lets go of it, and nobody lets go of that of another', async () => {
    const { leases } = await open(await newDatabase());
    const [one, other] = ['one', 'other'].map((name) => leaseAmongNodes(leases, name, Date.now));
    await one?.renew();
    await other?.release();
    expect(await other?.renew()).toBe(false);
    await one?.release();
    expect([one?.isHeld, await other?.renew()]).toEqual([false, true]);
  });
});

test.skipIf(skipsPostgres())(
  'of two nodes on one PostgreSQL one sends, whichever node took the events, and then the other',
  async () => {
    const database: RecordsConfig = { kind: 'postgres', url: await postgres.database() };
    const receiver = await startReceiver();
    const node = (name: string) =>
      startWebhooks({
        database,
        urls: [receiver.url],
        lease: ({ leases }, now) => leaseAmongNodes(leases, name, now),
      });
    const first = await node('first');
    await first.happen(1, '_one');
    await receiver.until(({ length }) => length === 1);
    const second = await node('second');
    await second.happen(10, '_two');
    await receiver.until(({ length }) => length === 11);
    expect(seqsOf(receiver.received, '_two')).toEqual(upTo(10));
    await expect.poll(() => first.webhooks.counts.delivered, { timeout: 50_000 }).toBe(11);
    expect(second.webhooks.counts.delivered).toBe(0);
    await first.close();
    await second.happen(1, '_three');
    await receiver.until(({ length }) => length === 12);
    await expect.poll(() => second.webhooks.counts.delivered, { timeout: 50_000 }).toBe(1);
  },
);

test.skipIf(skipsPostgres())(
  'a PostgreSQL that stands still for a while loses no delivery, and doubles few',
  async () => {
    const receiver = await startReceiver();
    const database: RecordsConfig = { kind: 'postgres', url: await postgres.database() };
    const { happen } = await startWebhooks({ database, urls: [receiver.url] });
    await happen(300);
    await receiver.until(({ length }) => length > 20);
    postgres.pause();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    postgres.resume();
    await receiver.until((received) => new Set(seqsOf(received)).size === 300);
    expect([...new Set(seqsOf(receiver.received))]).toEqual(upTo(300));
  },
);
