import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { RecordsAway } from '../../../src/server/records/errors.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { start } from '../../../src/server/server.ts';
import { createServices } from '../../../src/server/services.ts';
import { secrets } from '../../support/built-server.ts';
import { attend, Client, type ConnectOptions, connectCall, createWorkspace } from '../../support/fixtures.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { open } from './open.ts';
import { asking, type Postgres, skipsPostgres, startPostgres } from './postgres-server.ts';
import { batchOf, guest, joined, wholeCall, workspaceOf } from './samples.ts';

const room = workspaceOf();

const shared = new Lifetime();
let postgres: Postgres;

beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(shared.atEnd);
});

afterAll(() => shared.end());

describe.skipIf(skipsPostgres())('A PostgreSQL that is away', () => {
  let lifetime: Lifetime;
  let url: string;
  let records: Records;
  let lines: { level: number; msg: string }[];

  beforeEach(async () => {
    lifetime = new Lifetime();
    lines = [];
    url = await postgres.database();
    records = await open({ kind: 'postgres', url }, { atEnd: lifetime.atEnd, lines });
    await records.take([batchOf(room, [joined(guest)])]);
  });

  afterEach(async () => {
    postgres.resume();
    if (!postgres.isRunning) await postgres.start();
    await lifetime.end();
  });

  /** Refuses everything within a second, whichever caller asks. */
  async function expectAway(): Promise<void> {
    const taking = expect(records.take([batchOf(room, [joined(guest), joined(guest)])])).rejects.toBeInstanceOf(
      RecordsAway,
    );
    const attempts = [
      () => records.events.page('_room', { limit: 9 }),
      () => records.users.note({ id: 'a', name: 'Ada', picture: null }, 1),
    ];
    // More at once than there are connections.
    await Promise.all(
      Array.from({ length: 15 }, () => attempts)
        .flat()
        .map(async (attempt) => {
          const since = performance.now();
          await expect(attempt()).rejects.toBeInstanceOf(RecordsAway);
          expect(performance.now() - since).toBeLessThan(1000);
        }),
    );
    await taking;
  }

  async function expectBack(): Promise<void> {
    await vi.waitFor(() => expect(records.isUp).toBe(true), { timeout: 10_000, interval: 20 });
    expect(await records.take([batchOf(room, [joined(guest), joined(guest)])])).toEqual(new Map([['_room', 2]]));
    const events = await records.events.page('_room', { limit: 9 });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [50, 'The records cannot be reached or written. It is tried again until they can.'],
      [30, 'The records are there again.'],
    ]);
  }

  const isDown = () => vi.waitFor(() => expect(records.isUp).toBe(false), { timeout: 5000, interval: 20 });

  it('because it stands still is noticed within a second by every caller that needs it, and used again when it goes on', async () => {
    postgres.pause();
    await expectAway();
    await isDown();
    const since = performance.now();
    await expectAway();
    expect(performance.now() - since).toBeLessThan(500);
    postgres.resume();
    await expectBack();
  });

  it('because it stands still is noticed although nobody needs it', async () => {
    postgres.pause();
    await isDown();
    postgres.resume();
    await expectBack();
  });

  it('because it was stopped is used again when it is started', async () => {
    await postgres.stop();
    await expectAway();
    await isDown();
    await postgres.start();
    await expectBack();
  });

  it('because it was killed is used again when it is started', async () => {
    const taking = Promise.allSettled(
      Array.from({ length: 5 }, (_, index) =>
        records.take([batchOf(workspaceOf(`_${index}`), wholeCall(`c${index}`))]),
      ),
    );
    await postgres.kill();
    await taking;
    await expectAway();
    await isDown();
    await postgres.start();
    await expectBack();
  });

  it('because it stands still does not hold up a stop', async () => {
    postgres.pause();
    const since = performance.now();
    await lifetime.end();
    expect(performance.now() - since).toBeLessThan(3000);
  });

  it('holds up no call, and hears afterwards of everything in its order', async () => {
    const env = { ...secrets, DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'silent', BCRYPT_COST: '4' };
    const server = await start(await createServices(loadConfig(env)));
    lifetime.atEnd(server.close);
    const connect = (options?: ConnectOptions) => Client.connect(server.url, options);
    postgres.pause();
    const owner = await createWorkspace({ connect });
    const callee = await attend({ connect }, owner);
    const call = await connectCall(owner, callee);
    await owner.client.must('hangup', { ...owner.proof, call });
    postgres.resume();
    const types = async () =>
      (await records.events.page(owner.workspaceId, { limit: 99 }).catch(() => [])).map(({ type }) => type);
    await vi.waitFor(async () => expect(await types()).toContain('call.ended'), { timeout: 20_000, interval: 100 });
    expect(await types()).toEqual([
      'workspace.created',
      'attendee.joined',
      'attendee.joined',
      'call.started',
      'call.participant_joined',
      'call.participant_joined',
      'call.participant_left',
      'call.participant_left',
      'call.ended',
    ]);
  });

  it('at the start is waited for, and refused with a sentence that holds no password', async () => {
    const port = new URL(url).port;
    const refusal = (address: string) =>
      open({ kind: 'postgres', url: address }).catch((error: Error) => error.message);
    const wrongPassword = await refusal(`postgres://mesh:hush@127.0.0.1:${port}/postgres`);
    expect(wrongPassword).toMatch(
      /^PostgreSQL does not let this server in \(28P01 .*\)\. Check the name, the password/,
    );
    expect(wrongPassword).not.toContain('hush');
    const noDatabase = await refusal(url.replace(/\w+$/, 'nowhere'));
    expect(noDatabase).toMatch(/^PostgreSQL does not let this server in \(3D000 .*"nowhere" does not exist\)/);

    await postgres.stop();
    const opening = open({ kind: 'postgres', url }, { atEnd: lifetime.atEnd });
    await postgres.start();
    expect(await (await opening).events.page('_room', { limit: 9 })).toHaveLength(1);
  });

  it('is not meant where only a row is locked: that change is refused in time, and others go on', async () => {
    await asking(url, async (client) => {
      await client.query("begin; update workspaces set name = 'x' where id = '_room'");
      const since = performance.now();
      await expect(records.take([batchOf(room, [joined(guest), joined(guest)])])).rejects.toBeInstanceOf(RecordsAway);
      expect(performance.now() - since).toBeLessThan(1000);
      expect(await records.take([batchOf(workspaceOf('_other'), [joined(guest)])])).toEqual(new Map([['_other', 1]]));
      expect(records.isUp).toBe(true);
      expect(lines).toEqual([]);
      await client.query('rollback');
    });
    expect(await records.take([batchOf(room, [joined(guest), joined(guest)])])).toEqual(new Map([['_room', 2]]));
  });
});

describe.skipIf(skipsPostgres())('A PostgreSQL', () => {
  it('is brought forward by one of several nodes that start at once', async () => {
    const lifetime = new Lifetime();
    const url = await postgres.database();
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () => open({ kind: 'postgres', url }, { atEnd: lifetime.atEnd })),
    );
    await Promise.all(nodes.map((node, index) => node.take([batchOf(workspaceOf(`_${index}`), [joined(guest)])])));
    await expect(nodes[0]?.workspaces.page({}, { limit: 9 })).resolves.toMatchObject({ items: [{}, {}, {}, {}] });
    await lifetime.end();
  });

  it('that others use is left as it is, and the operator is told to make another one', async () => {
    const lifetime = new Lifetime();
    const url = await postgres.database();
    await asking(url, (client) => client.query('create table users (id int); create table migrations (id int)'));
    await expect(open({ kind: 'postgres', url })).rejects.toThrow(
      /\(step 0001-records\)\. They were left as they were\. .*"users" already exists\. Give the server a database of its own\.$/,
    );
    const { rows } = await asking(url, (client) =>
      client.query("select tablename from pg_tables where schemaname = 'public' order by 1"),
    );
    expect(rows.map(({ tablename }) => tablename)).toEqual([
      'migrations',
      'records_migrations',
      'records_migrations_lock',
      'users',
    ]);
    await lifetime.end();
  });

  it('commits to the disk before it acknowledges, whatever is set for the role', async () => {
    const lifetime = new Lifetime();
    const url = await postgres.database();
    const setting = async () => {
      const records = await open({ kind: 'postgres', url }, { atEnd: lifetime.atEnd });
      const { rows } = await records.query((db) =>
        sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db),
      );
      return rows[0]?.synchronous_commit;
    };
    await asking(url, (client) => client.query('alter role mesh set synchronous_commit = off'));
    expect(await setting()).toBe('on');
    await asking(url, (client) => client.query('alter role mesh set synchronous_commit = remote_apply'));
    expect(await setting()).toBe('remote_apply');
    await lifetime.end();
  });
});
