import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { wantsType, webhookTypes } from '../../../src/server/records/webhook-types.ts';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { emptyFolder } from '../../support/built-server.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { startReceiver, verified } from '../../support/receiver.ts';
import { type Postgres, skipsPostgres, startPostgres } from '../records/postgres-server.ts';
import { guest, start } from '../records/samples.ts';
import { messagesOf, type RunningWebhooks, secrets, seqsOf, startWebhooks, upTo } from './running-webhooks.ts';

const lifetime = new Lifetime();
let postgres: Postgres;

beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(lifetime.atEnd);
});

afterAll(() => lifetime.end());

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const DAY = 24 * HOUR;

const databases: [string, () => Promise<RecordsConfig>][] = [
  ['SQLite', async () => ({ kind: 'sqlite', file: null })],
  ['PostgreSQL', async () => ({ kind: 'postgres', url: await postgres.database() })],
];

/** In memory, no process has a next one. */
const fileDatabase = async (): Promise<RecordsConfig> => ({
  kind: 'sqlite',
  file: join(await emptyFolder(), 'records.db'),
});

describe.each(databases)('Webhooks with %s', (kind, newDatabase) => {
  const it = test.skipIf(kind === 'PostgreSQL' && skipsPostgres());

  it('tell each event once, signed, in its order', async () => {
    const receiver = await startReceiver();
    const { happen } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await happen(30);
    await receiver.until(({ length }) => length === 30);
    expect(seqsOf(receiver.received)).toEqual(upTo(30));
    const [first] = messagesOf(receiver.received);
    expect(first).toEqual({
      type: 'attendee.joined',
      timestamp: new Date(start + MINUTE).toISOString(),
      data: {
        id: receiver.received[0]?.headers['webhook-id'],
        workspace: { id: '_room', externalId: 'appointment of _room' },
        seq: 1,
        attendee: guest,
      },
    });
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(30);
    expect(messagesOf(receiver.received).map(({ data }) => data.id)).toEqual(ids);
  });

  it('tell all of it to a receiver that fails one time in three', async () => {
    let count = 0;
    const delivered = new Set<number>();
    const receiver = await startReceiver({
      answer: ({ body }) => {
        count += 1;
        if (count % 3 === 0) return 500;
        delivered.add(JSON.parse(body).data.seq);
        return 204;
      },
    });
    const { happen, later } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await happen(40);
    await receiver.until(({ length }) => length === 40);
    expect(seqsOf(receiver.received)).toEqual(upTo(40));
    while (delivered.size < 40) {
      const before = receiver.received.length;
      // An attempt whose answer was on its way counts from the later time, so one step may not be enough.
      later(DAY);
      await eventually(() => receiver.received.length > before || delivered.size === 40 || later(HOUR)).toBe(true);
    }
    expect([...delivered].sort((one, other) => one - other)).toEqual(upTo(40));
  });

  it('let first attempts pass those that are tried again', async () => {
    let isBroken = true;
    const receiver = await startReceiver({ answer: () => (isBroken ? 503 : 204) });
    const { happen, later } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await happen(3);
    await receiver.until(({ length }) => length === 3);
    isBroken = false;
    await happen(3);
    await receiver.until(({ length }) => length === 6);
    expect(seqsOf(receiver.received)).toEqual(upTo(6));
    later(7 * SECOND);
    await receiver.until(({ length }) => length === 9);
    expect(seqsOf(receiver.received).slice(6).sort()).toEqual([1, 2, 3]);
  });

  it('come at the time for which the receiver asks', async () => {
    const receiver = await startReceiver({
      answer: (_, response) => {
        response.writeHead(503, { 'retry-after': '1800' }).end();
        return undefined;
      },
    });
    const { happen, webhooks } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await happen(1);
    const [webhook] = await webhooks.list();
    const failed = async () => (await webhooks.deliveries(webhook?.id ?? '', { status: 'failed', limit: 1 }))?.items[0];
    await eventually(failed).toMatchObject({ attempts: 1, lastStatus: 503 });
    const { lastAttemptAt, nextAttemptAt } = (await failed()) ?? {};
    expect((nextAttemptAt ?? 0) - (lastAttemptAt ?? 0)).toBe(30 * MINUTE);
  });

  it('are dead letters after ten attempts, for 30 days, and REST has them sent again', async () => {
    const receiver = await startReceiver({ answer: () => 500 });
    const { happen, later, records, webhooks } = await startWebhooks({
      database: await newDatabase(),
      urls: [receiver.url],
    });
    await happen(1);
    const webhookId = id(await webhooks.list());
    const failed = async () => (await webhooks.deliveries(webhookId, { status: 'failed', limit: 5 }))?.items ?? [];
    for (let attempts = 1; attempts <= 10; attempts++) {
      await eventually(failed).toMatchObject([{ attempts, status: 'failed' }]);
      if (attempts < 10) later(29 * HOUR);
    }
    const [dead] = await failed();
    expect(dead).toMatchObject({ nextAttemptAt: null, lastError: 'The endpoint answered 500.', lastStatus: 500 });
    expect(webhooks.counts).toEqual({ delivered: 0, failed: 10, dead: 1 });
    later(29 * DAY);
    expect(await failed()).toHaveLength(1);
    receiver.answer = () => 204;
    const retried = await webhooks.retry(webhookId, dead?.event.id ?? '');
    expect(retried).toMatchObject({ status: 'pending', attempts: 10 });
    await receiver.until(({ length }) => length === 11);
    const delivered = async () => (await webhooks.deliveries(webhookId, { status: 'delivered', limit: 5 }))?.items;
    await eventually(delivered).toMatchObject([{ status: 'delivered', attempts: 11, lastError: null }]);
    expect(await records.query((db) => db.selectFrom('deliveries').select('failures').execute())).toEqual([
      { failures: 0 },
    ]);
  });

  it('stop for an endpoint that answers 410, and go on when REST enables it', async () => {
    const receiver = await startReceiver({ answer: () => 410 });
    const other = await startReceiver();
    const { happen, webhooks } = await startWebhooks({
      database: await newDatabase(),
      urls: [receiver.url, other.url],
    });
    await happen(2);
    const webhookId = id(await webhooks.list());
    await eventually(() => webhooks.get(webhookId)).toMatchObject({ disabled: true });
    await happen(2);
    await other.until(({ length }) => length === 4);
    expect(seqsOf(receiver.received)).toEqual([1]);
    receiver.answer = () => 204;
    expect(await webhooks.patch(webhookId, { disabled: false })).toMatchObject({ disabled: false });
    // What happened while it was disabled is not for it.
    await receiver.until(({ length }) => length === 2);
    await happen(1);
    await receiver.until(({ length }) => length === 3);
    expect(seqsOf(receiver.received)).toEqual([1, 2, 5]);
    expect(await webhooks.patch(webhookId, { disabled: true })).toMatchObject({ disabled: true });
    expect(await webhooks.patch(webhookId, { url: other.url })).toMatchObject({ problem: expect.any(String) });
  });

  it('reach one endpoint at once, though another never answers', async () => {
    const silent = await startReceiver({ answer: () => undefined });
    const quick = await startReceiver();
    const { happen } = await startWebhooks({ database: await newDatabase(), urls: [silent.url, quick.url] });
    const begun = performance.now();
    for (let room = 0; room < 20; room++) await happen(10, `_room${room}`);
    await quick.until(({ length }) => length === 200);
    expect(performance.now() - begun).toBeLessThan(10 * SECOND);
    for (let room = 0; room < 20; room++) expect(seqsOf(quick.received, `_room${room}`)).toEqual(upTo(10));
    // One delivery of each of eight workspaces waits there.
    expect(silent.received).toHaveLength(8);
  });

  it('go to several workspaces at once, and never two of one at the same time', async () => {
    const underWay = new Map<string, number>();
    let most = 0;
    const receiver = await startReceiver({
      answer: async ({ body }) => {
        const { id: room } = JSON.parse(body).data.workspace;
        underWay.set(room, (underWay.get(room) ?? 0) + 1);
        expect(underWay.get(room)).toBe(1);
        most = Math.max(most, underWay.size);
        await new Promise((resolve) => setTimeout(resolve, 5));
        underWay.delete(room);
        return 204;
      },
    });
    const { happen } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await Promise.all(upTo(12).map((room) => happen(10, `_room${room}`)));
    await receiver.until(({ length }) => length === 120);
    for (const room of upTo(12)) expect(seqsOf(receiver.received, `_room${room}`)).toEqual(upTo(10));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('of two secrets sign with both, so that a receiver can change without a gap', async () => {
    const both = [newSecret(), newSecret()];
    const receiver = await startReceiver();
    const { happen } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url], secrets: both });
    await happen(1);
    await receiver.until(({ length }) => length === 1);
    for (const secret of both) expect(messagesOf(receiver.received, secret)).toHaveLength(1);
  });

  it('that REST makes are signed with their own secret, and for a day with the former one too', async () => {
    const running = await startWebhooks({ database: await newDatabase() });
    const { happen, later, webhooks } = running;
    const { receiver, url } = await running.onInternet();
    const made = await webhooks.create({ url });
    if ('problem' in made) throw new Error(made.problem);
    expect(made.webhook).toMatchObject({ url, types: null, disabled: false, source: 'rest' });
    const knows = (secret: string) => {
      const last = receiver.received.at(-1);
      try {
        return last !== undefined && verified(last, secret) !== undefined;
      } catch {
        return false;
      }
    };
    await happen(1);
    await receiver.until(({ length }) => length === 1);
    expect(knows(made.secret)).toBe(true);

    const rotated = await webhooks.rotateSecret(made.webhook.id);
    const fresh = rotated && 'secret' in rotated ? rotated.secret : '';
    await happen(1);
    await receiver.until(({ length }) => length === 2);
    expect([made.secret, fresh].map(knows)).toEqual([true, true]);

    later(DAY - MINUTE);
    await happen(1);
    await receiver.until(({ length }) => length === 3);
    expect([made.secret, fresh].map(knows)).toEqual([true, true]);

    later(MINUTE);
    await happen(1);
    await receiver.until(({ length }) => length === 4);
    expect([made.secret, fresh].map(knows)).toEqual([false, true]);
  });

  it('that REST makes get the types that they name', async () => {
    const running = await startWebhooks({ database: await newDatabase() });
    const { happen, webhooks } = running;
    const [one, other] = [await running.onInternet(), await running.onInternet()];
    await webhooks.create({ url: one.url, types: ['call.ended'] });
    await webhooks.create({ url: other.url, types: ['attendee.joined', 'attendee.joined', 'call.ended'] });
    expect((await webhooks.list()).map(({ types }) => types)).toEqual([
      ['call.ended'],
      ['attendee.joined', 'call.ended'],
    ]);
    await happen(3);
    await other.receiver.until(({ length }) => length === 3);
    expect(await webhooks.patch(id(await webhooks.list()), { types: null })).toMatchObject({ types: null });
    await happen(1);
    await one.receiver.until(({ length }) => length === 1);
    expect(seqsOf(one.receiver.received)).toEqual([4]);
  });

  it('tell of a chat message only endpoints that name that type, once, and by its ids alone', async () => {
    const running = await startWebhooks({ database: await newDatabase() });
    const [all, chat] = [await running.onInternet(), await running.onInternet()];
    await running.webhooks.create({ url: all.url, secret: secrets[0] });
    await running.webhooks.create({ url: chat.url, secret: secrets[0], types: ['message.posted'] });
    await running.happen(1);
    const message = {
      workspace: '_room',
      consultation: null,
      messageId: 'm-1',
      attendee: '_ada',
      user: 'u-ada',
      name: 'Ada',
      text: 'It hurts here.',
      at: start,
    };
    await running.records.post([message]);
    await running.records.post([message, { ...message, messageId: 'm-2', user: null }]);
    await chat.receiver.until(({ length }) => length === 2);
    const [first, second] = messagesOf(chat.receiver.received);
    expect(first).toEqual({
      type: 'message.posted',
      timestamp: new Date(start).toISOString(),
      data: {
        id: 'msg_room_1',
        workspace: { id: '_room', externalId: 'appointment of _room' },
        seq: null,
        message: { seq: 1, messageId: 'm-1' },
        from: { id: '_ada', user: { id: 'u-ada' } },
        consultation: null,
      },
    });
    expect(second?.data).toMatchObject({ message: { seq: 2 }, from: { user: null } });
    expect(JSON.stringify(chat.receiver.received)).not.toMatch(/hurts|"Ada"/);
    await running.happen(1);
    await all.receiver.until(({ length }) => length === 2);
    expect(seqsOf(all.receiver.received)).toEqual([1, 2]);
    expect(chat.receiver.received).toHaveLength(2);
  });

  it('can be tried: a test goes to the endpoint that asks for it, and has no place among the events', async () => {
    const running = await startWebhooks({ database: await newDatabase() });
    const { receiver, url } = await running.onInternet();
    const made = await running.webhooks.create({ url, types: ['call.ended'], secret: secrets[0] });
    const webhookId = 'webhook' in made ? made.webhook.id : '';
    const delivery = await running.webhooks.test(webhookId);
    expect(delivery).toMatchObject({ event: { type: 'webhook.test' }, workspace: null, seq: null });
    await receiver.until(({ length }) => length === 1);
    const [message] = messagesOf(receiver.received);
    const { event } = delivery && 'event' in delivery ? delivery : { event: { id: '' } };
    expect(message).toMatchObject({
      type: 'webhook.test',
      data: { id: event.id, workspace: null, seq: null, webhook: { id: webhookId } },
    });
    await running.webhooks.patch(webhookId, { disabled: true });
    expect(await running.webhooks.test(webhookId)).toMatchObject({ problem: expect.stringMatching(/disabled/) });
  });

  it('are forgotten with their deliveries when REST deletes them', async () => {
    const running = await startWebhooks({ database: await newDatabase() });
    const { receiver, url } = await running.onInternet((_, response) => {
      response.writeHead(503, { 'retry-after': '3600' }).end();
      return undefined;
    });
    const made = await running.webhooks.create({ url });
    const webhookId = 'webhook' in made ? made.webhook.id : '';
    await running.happen(3);
    await receiver.until(({ length }) => length === 3);
    expect(await running.webhooks.delete(webhookId)).toBe(true);
    await running.happen(1);
    running.later(HOUR);
    const left = (table: 'webhooks' | 'webhook_secrets' | 'deliveries') =>
      running.records.query((db) => db.selectFrom(table).selectAll().execute());
    await eventually(() => Promise.all([left('webhooks'), left('webhook_secrets')])).toEqual([[], []]);
    await eventually(() => left('deliveries')).toEqual([]);
    for (const gone of [
      running.webhooks.get(webhookId),
      running.webhooks.patch(webhookId, { disabled: false }),
      running.webhooks.delete(webhookId),
      running.webhooks.rotateSecret(webhookId),
      running.webhooks.test(webhookId),
      running.webhooks.deliveries(webhookId, PENDING),
      running.webhooks.retry(webhookId, 'evt_room_1'),
    ]) {
      expect(await gone).toBeNull();
    }
    expect(receiver.received).toHaveLength(3);
  });

  it('forget deliveries 30 days after their end, and those to an endpoint that is no more', async () => {
    const database = kind === 'SQLite' ? await fileDatabase() : await newDatabase();
    const receiver = await startReceiver();
    const first = await startWebhooks({ database, urls: [receiver.url, 'http://127.0.0.1:1/'] });
    await first.happen(3);
    await receiver.until(({ length }) => length === 3);
    await eventually(() => first.webhooks.counts).toMatchObject({ delivered: 3, failed: 3 });
    await first.close();
    await first.records.close();

    const deliveries = async ({ records }: RunningWebhooks) =>
      (await records.query((db) => db.selectFrom('deliveries').select('status').execute())).map(({ status }) => status);
    const second = await startWebhooks({ database, urls: [receiver.url], ahead: 29 * DAY });
    await second.happen(1, '_other');
    await receiver.until(({ length }) => length === 4);
    const [delivered, failed] = [Array(4).fill('delivered'), Array(3).fill('failed')];
    await eventually(async () => (await deliveries(second)).sort()).toEqual([...delivered, ...failed]);
    await second.close();
    await second.records.close();

    const third = await startWebhooks({ database, urls: [receiver.url], ahead: 30 * DAY + HOUR });
    await eventually(() => deliveries(third)).toEqual(['delivered']);
  });

  it('list their deliveries by pages, the latest first', async () => {
    const receiver = await startReceiver({ answer: ({ body }) => (JSON.parse(body).data.seq % 2 ? 204 : 500) });
    const { happen, webhooks } = await startWebhooks({ database: await newDatabase(), urls: [receiver.url] });
    await happen(7);
    const webhookId = id(await webhooks.list());
    const seqs = async (status?: 'pending' | 'delivered' | 'failed') => {
      const pages: (number | null)[][] = [];
      let cursor: string | undefined;
      do {
        const page = await webhooks.deliveries(webhookId, { status, cursor, limit: 3 });
        pages.push(page?.items.map(({ seq }) => seq) ?? []);
        cursor = page?.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return pages;
    };
    await eventually(() => seqs('pending')).toEqual([[]]);
    expect(await seqs()).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
    expect(await seqs('delivered')).toEqual([[7, 5, 3], [1]]);
    expect(await seqs('failed')).toEqual([[6, 4, 2]]);
    expect(await webhooks.deliveries(webhookId, { cursor: 'nonsense', limit: 3 })).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  it('that were under way at the end are sent by the next process', async () => {
    const database = kind === 'SQLite' ? await fileDatabase() : await newDatabase();
    const receiver = await startReceiver({ answer: () => undefined });
    const first = await startWebhooks({ database, urls: [receiver.url] });
    await first.happen(3);
    await receiver.until(({ length }) => length === 1);
    const begun = performance.now();
    await first.close();
    expect(performance.now() - begun).toBeLessThan(3 * SECOND);
    await first.records.close();
    receiver.answer = () => 204;
    await startWebhooks({ database, urls: [receiver.url] });
    await receiver.until(({ length }) => length === 4);
    expect(seqsOf(receiver.received)).toEqual([1, 1, 2, 3]);
  });
});

describe('REST cannot make an endpoint', () => {
  test.each([
    ['without TLS', 'http://hooks.example.com/'],
    ['of this machine', 'https://127.0.0.1/'],
    ['of this machine in IPv6', 'https://[::1]/'],
    ['of this machine by name', 'https://localhost/'],
    ['that is endless', `https://hooks.example.com/${'x'.repeat(2048)}`],
  ])('at an address %s', async (_, url) => {
    const { webhooks } = await startWebhooks();
    expect(await webhooks.create({ url })).toMatchObject({ problem: expect.any(String), field: 'url' });
    expect(await webhooks.list()).toEqual([]);
  });

  test('with types that there are not, or with none', async () => {
    const { webhooks } = await startWebhooks();
    const url = 'https://hooks.example.com/';
    for (const types of [[], ['call.ended', 'call.eaten'], ['toString']]) {
      expect(await webhooks.create({ url, types })).toMatchObject({ field: 'types' });
    }
  });

  test('with a secret that signs badly, and no answer repeats it', async () => {
    const { webhooks } = await startWebhooks();
    const secret = `whsec_${Buffer.alloc(8, 'x').toString('base64')}`;
    const answer = await webhooks.create({ url: 'https://hooks.example.com/', secret });
    expect(answer).toMatchObject({ field: 'secret' });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });
});

describe('Types', () => {
  test('of messages come only to an endpoint that names them', () => {
    expect(wantsType(null, 'message.posted')).toBe(false);
    expect(wantsType(['message.posted'], 'message.posted')).toBe(true);
    expect(wantsType(['message.posted'], 'call.ended')).toBe(false);
    expect(webhookTypes.filter((type) => !wantsType(null, type))).toEqual(['message.posted', 'webhook.test']);
  });
});

/** Looks again and again, on a busy machine for longer. */
const eventually = <Value>(look: () => Value) => expect.poll(look, { timeout: 50_000, interval: 20 });

const PENDING = { status: 'pending', limit: 100 } as const;

const id = ([first]: readonly { id: string }[]) => first?.id ?? '';
