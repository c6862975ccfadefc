import { cp } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { start } from '../../../src/server/server.ts';
import { createServices } from '../../../src/server/services.ts';
import { emptyFolder, secrets } from '../../support/built-server.ts';
import { API_KEYS, type Created, Host, keys, startApi } from './api.ts';

const body = { owner: { name: 'Dr. Ada' }, name: 'Consultation', pin: '2468' };

const keyed = (key: string, given: unknown = body) => ({ body: given, headers: { 'Idempotency-Key': key } });

interface List {
  items: { id: string }[];
}

/** A server that keeps everything in a folder. */
async function startIn(folder: string) {
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    BCRYPT_COST: '4',
    API_KEYS,
    JSON_STORAGE_FILE: `${folder}/rooms.json`,
    ...secrets,
  });
  const services = await createServices(config);
  const server = await start(services);
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await server.close();
    isClosed = true;
  };
  onTestFinished(close);
  return { host: new Host(server.url), services, close };
}

describe('A request with an Idempotency-Key', () => {
  it('is answered again with its first answer, and does nothing again', async () => {
    const { host } = await startApi();
    const first = await host.ask<Created>('POST', 'workspaces', keyed('key-1'));
    expect(first.status).toBe(201);
    await host.must('PATCH', `workspaces/${first.body.workspace.id}`, { body: { name: 'Changed' } });
    const again = await host.ask<Created>('POST', 'workspaces', keyed('key-1'));
    expect(again).toMatchObject({ status: 201, body: first.body });
    for (const name of ['etag', 'location', 'content-type']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect((await host.must<List>('GET', 'workspaces')).items).toHaveLength(1);
  });

  it('is refused with another body, at another path, and not where another key has it', async () => {
    const { host } = await startApi();
    const { workspace } = await host.must<Created>('POST', 'workspaces', keyed('key-1'));
    const reused = { status: 422, code: 'IDEMPOTENCY_KEY_REUSED' };
    expect(await host.refused('POST', 'workspaces', keyed('key-1', { ...body, pin: '1357' }))).toMatchObject(reused);
    const elsewhere = keyed('key-1', {});
    expect(await host.refused('POST', `workspaces/${workspace.id}/invitations`, elsewhere)).toMatchObject(reused);
    const other = await host.must<Created>('POST', 'workspaces', { ...keyed('key-1'), key: keys.admin });
    expect(other.workspace.id).not.toBe(workspace.id);
    await host.must('POST', 'workspaces', keyed('key-2', { ...body, pin: '1357' }));
    expect((await host.must<List>('GET', 'workspaces')).items).toHaveLength(3);
  });

  it('has one effect where it comes many times at once', async () => {
    const { host } = await startApi();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => host.ask<Created>('POST', 'workspaces', keyed('key-1'))),
    );
    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ body }) => body.workspace.id)).size).toBe(1);
    for (const { status, headers, body } of answers.filter(({ status }) => status !== 201)) {
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_IN_USE' } });
      expect(headers.get('retry-after')).toBe('1');
    }
    expect((await host.must<List>('GET', 'workspaces')).items).toHaveLength(1);
  });

  it('is refused at once with another body while it is under way', async () => {
    const { host } = await startApi();
    const first = host.ask('POST', 'workspaces', keyed('key-1'));
    const answers = await Promise.all([
      first,
      host.ask('POST', 'workspaces', keyed('key-1', { ...body, name: 'Another' })),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it('is checked before it counts: one that does not fit can be mended', async () => {
    const { host } = await startApi();
    expect(await host.refused('POST', 'workspaces', keyed('key-1', { owner: {} }))).toMatchObject({ field: 'owner' });
    await host.must('POST', 'workspaces', keyed('key-1'));
  });

  it('is refused with a key that is no visible ASCII, or too long', async () => {
    const { host } = await startApi();
    for (const key of ['', ' ', 'a b', 'ä', 'x'.repeat(256)]) {
      const problem = await host.refused('POST', 'workspaces', keyed(key));
      expect(problem).toMatchObject({ status: 422, field: 'Idempotency-Key' });
    }
  });

  it('counts no more after 24 hours', async () => {
    let now = Date.now();
    const { host } = await startApi({}, { now: () => now });
    const first = await host.must<Created>('POST', 'workspaces', keyed('key-1'));
    now += 24 * 3_600_000 - 1;
    expect(await host.must<Created>('POST', 'workspaces', keyed('key-1'))).toEqual(first);
    now += 1;
    const other = { ...body, name: 'Another day' };
    const next = await host.must<Created>('POST', 'workspaces', keyed('key-1', other));
    expect(next.workspace.id).not.toBe(first.workspace.id);
    expect(await host.must<Created>('POST', 'workspaces', keyed('key-1', other))).toEqual(next);
  });

  it('is tried again by the next one where the server could not answer it', async () => {
    const { host } = await startApi({ MAX_WORKSPACES: '1' });
    const { workspace } = await host.create();
    const busy = await host.refused('POST', 'workspaces', keyed('key-1'));
    expect(busy).toMatchObject({ status: 503, code: 'BUSY_TRY_AGAIN' });
    await host.must('DELETE', `workspaces/${workspace.id}`);
    await expect.poll(async () => (await host.ask('POST', 'workspaces', keyed('key-1'))).status).toBe(201);
  });
});

describe('After a restart', () => {
  it('a repeated request has the answer that the former server gave', async () => {
    const folder = await emptyFolder();
    const before = await startIn(folder);
    const first = await before.host.must<Created>('POST', 'workspaces', keyed('key-1'));
    await before.close();
    const after = await startIn(folder);
    const again = await after.host.must<Created>('POST', 'workspaces', keyed('key-1'));
    expect(again.workspace).toEqual(first.workspace);
    expect(again.owner.token).toBe(first.owner.token);
    expect((await after.host.must<List>('GET', 'workspaces')).items).toHaveLength(1);
  });

  it('a request that the former server left undone is done once, at once', async () => {
    const folder = await emptyFolder();
    const before = await startIn(folder);
    // The server creates the workspace, and dies before it keeps its answer.
    let wake = () => {};
    const { idempotencyKeys } = before.services.records ?? {};
    if (!idempotencyKeys) throw new Error('there are no records');
    idempotencyKeys.answer = () =>
      new Promise((resolve) => {
        wake = resolve;
      });
    const unanswered = before.host.ask('POST', 'workspaces', keyed('key-1'));
    await expect.poll(async () => (await before.host.must<List>('GET', 'workspaces')).items).toHaveLength(1);
    const [created] = (await before.host.must<List>('GET', 'workspaces')).items;
    // Its files as a death would leave them: a copy of the folder.
    const copy = await emptyFolder();
    await cp(folder, copy, { recursive: true });

    const after = await startIn(copy);
    const again = await after.host.must<Created>('POST', 'workspaces', keyed('key-1'));
    expect(again.workspace.id).toBe(created?.id);
    expect((await after.host.must<List>('GET', 'workspaces')).items).toHaveLength(1);
    wake();
    await unanswered;
  });
});

it('The database holds neither links nor PINs of repeated requests', async () => {
  const folder = await emptyFolder();
  const { host, services } = await startIn(folder);
  const { owner, invitation } = await host.must<Created>('POST', 'workspaces', keyed('key-1'));
  const rows = await services.records?.query((db) => db.selectFrom('idempotency_keys').selectAll().execute());
  expect(rows).toHaveLength(1);
  const text = JSON.stringify(rows);
  for (const secret of [owner.token, invitation.token, owner.token.split('.')[2] ?? '', '2468', 'Dr. Ada']) {
    expect(text).not.toContain(secret);
  }
});
