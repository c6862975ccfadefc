import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { emptyFolder } from '../support/built-server.ts';
import {
  attend,
  createWorkspace,
  generations,
  inOneProcess,
  type Owner,
  reattend,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';

const exactly = inOneProcess('of workspaces in Redis each process knows only about how many there are');

const create = async (server: TestServer) =>
  codeOf(await (await server.connect()).ask('create', { workspace: {}, attendee: {} }));

/** Somebody creates a workspace, sends its link and goes. */
async function createdAndLeft(server: TestServer): Promise<Owner> {
  const owner = await createWorkspace(server);
  await owner.client.must('leave', owner.proof);
  return owner;
}

/** Whether the link of a workspace still opens it. */
async function isThere(server: TestServer, owner: Owner): Promise<boolean> {
  const guest = await server.connect();
  const reply = await guest.ask('attend', { workspace: { token: owner.token }, attendee: {} });
  if (!reply.ok) expect(reply.error.code).toBe('WORKSPACE_GONE');
  return reply.ok;
}

describe('where there is no room for another workspace', () => {
  const serverFor = async (most: number, where: string, env: Record<string, string> = {}) => {
    const file = where === 'memory' ? '' : join(await emptyFolder(), 'rooms.json');
    return startServer({ MAX_WORKSPACES: String(most), JSON_STORAGE_FILE: file, ...env });
  };

  exactly.each(['memory', 'a file'])(
    'those go that nobody but their creator used, the longest first, in %s',
    async (where) => {
      const server = await serverFor(5, where);
      const used = await createWorkspace(server);
      const guest = await attend(server, used);
      await guest.client.must('leave', guest.proof);
      await used.client.must('leave', used.proof);
      const [first, second] = [await createdAndLeft(server), await createdAndLeft(server)];
      const here = await createWorkspace(server);
      const third = await createdAndLeft(server);

      expect(await create(server)).toBeNull();
      const codes = await Promise.all(
        [first.client, second.client].map(async (client) => {
          return codeOf(await client.ask('create', { workspace: {}, attendee: {} }));
        }),
      );
      expect(codes).toEqual([null, null]);
      // Now all are used, or their creators are here.
      expect(await create(server)).toBe('BUSY_TRY_AGAIN');
      expect([await isThere(server, first), await isThere(server, second), await isThere(server, third)]).toEqual([
        false,
        false,
        false,
      ]);
      expect([await isThere(server, used), await isThere(server, here)]).toEqual([true, true]);
    },
  );

  exactly('the one goes that was left first, and its creator is told when it comes back', async () => {
    const server = await serverFor(2, 'memory');
    const one = await createWorkspace(server);
    const two = await createdAndLeft(server);
    await one.client.must('leave', one.proof);
    expect(await create(server)).toBeNull();
    expect(await isThere(server, two)).toBe(false);
    expect(await two.client.refused('re-attend', two.proof)).toMatchObject({ code: 'WORKSPACE_GONE' });
    await reattend(server, one);
  });

  exactly('a crowd gets exactly as many as can make room', async () => {
    const server = await serverFor(6, 'a file');
    for (let n = 0; n < 4; n += 1) await createdAndLeft(server);
    const used = await createWorkspace(server);
    await attend(server, used);
    const codes = await Promise.all(Array.from({ length: 20 }, () => create(server)));
    expect(codes.filter((code) => code === null)).toHaveLength(5);
    expect(await isThere(server, used)).toBe(true);
  });

  exactly.each(generations)('none goes whose creator is on the way back, with $name', async (generation) => {
    const server = await serverFor(1, 'memory', { SEAT_GRACE_SECONDS: '0.5' });
    const owner = await createWorkspace(server, { generation });
    const later = await server.connect({ generation });
    owner.client.close();
    await owner.client.notice('(disconnected)');
    expect(await create(server)).toBe('BUSY_TRY_AGAIN');
    await later.must('re-attend', owner.proof);
    expect(await create(server)).toBe('BUSY_TRY_AGAIN');

    later.close();
    await expect.poll(() => create(server), { timeout: 5000 }).toBeNull();
    expect(await isThere(server, owner)).toBe(false);
  });
});
