import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import type { WireError } from '../../src/protocol/errors.ts';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';
import { type BuiltServer, emptyFolder, run } from '../built-server.ts';
import { atSoak, patience } from './soak.ts';

const capacity = 4;
const settings = {
  PORT: '0',
  BCRYPT_COST: '4',
  MAX_CAPACITY_OF_WORKSPACE: String(capacity),
  // However long the rounds take, and however fast, nothing else than the kill ends a seat or slows the storm down.
  SEAT_GRACE_SECONDS: '3600',
  COMMANDS_PER_SECOND: '100000',
};

/** A seat that the server acknowledged, with all that must be the same after it was killed. */
interface Acknowledged {
  workspace: { id: string; name: string; avatar: string; owner: string; created: number; token: string };
  attendee: { id: string; name: string };
  accessToken: string;
}

function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => {
    socket.close();
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

/** Asks, and gives up (null) when the connection is gone. */
function ask<Name extends CommandName>(
  socket: Socket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name> | null> {
  return new Promise((resolve) => {
    if (!socket.connected) return resolve(null);
    const gone = () => resolve(null);
    socket.once('disconnect', gone);
    socket.emit(name, payload, (reply: Reply<Name>) => {
      socket.off('disconnect', gone);
      resolve(reply);
    });
  });
}

async function must<Name extends CommandName>(socket: Socket, name: Name, payload: CommandPayload<Name>) {
  const reply = await ask(socket, name, payload);
  if (!reply?.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply)}`);
  return reply;
}

function proofOf({ workspace, attendee, accessToken }: Acknowledged) {
  return { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
}

function acknowledged({ workspace, attendee, accessToken }: Acknowledged): Acknowledged {
  const { id, name, avatar, owner, created, token } = workspace;
  return {
    workspace: { id, name, avatar, owner, created, token },
    attendee: { id: attendee.id, name: attendee.name },
    accessToken,
  };
}

/** Creates workspaces and fills them from many connections at once, until the server is killed in the midst of it. */
async function storm(server: BuiltServer, url: string, killAfter: number): Promise<Acknowledged[]> {
  const seats: Acknowledged[] = [];
  const refused: WireError[] = [];
  const sockets = await Promise.all(Array.from({ length: 12 }, () => connect(url)));

  const seated = (reply: (Acknowledged & { ok: true }) | { ok: false; error: WireError } | null) => {
    if (reply?.ok) seats.push(acknowledged(reply));
    else if (reply) refused.push(reply.error);
    if (seats.length >= killAfter) server.kill('SIGKILL');
  };
  async function keepsCreating(socket: Socket, worker: number): Promise<void> {
    for (let turn = 0; socket.connected; turn += 1) {
      const workspace = { name: `Room ${worker} ${turn}`, avatar: 'room.png' };
      const created = await ask(socket, 'create', { workspace, attendee: { name: 'Owner' } });
      seated(created);
      if (!created?.ok) return;
      const { token } = created.workspace;
      // More than there are places, all at once.
      const guests = sockets.slice(0, capacity + 1);
      await Promise.all(
        guests.map(async (guest, index) =>
          seated(await ask(guest, 'attend', { workspace: { token }, attendee: { name: `Guest ${index}` } })),
        ),
      );
    }
  }
  await Promise.all(sockets.map(keepsCreating));
  expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(new Set(refused.map(({ code }) => code))).toEqual(refused.length > 0 ? new Set(['FULL']) : new Set());
  return seats;
}

/** Takes all seats again, and looks at who is in their workspaces. */
async function reattendAll(url: string, seats: readonly Acknowledged[]): Promise<void> {
  const socket = await connect(url);
  for (const seat of seats) {
    const { accessToken: _, ...expected } = seat;
    const reply = await must(socket, 're-attend', proofOf(seat));
    expect(acknowledged(reply)).toMatchObject(expected);
    const guests = Object.keys(reply.attendees).filter((id) => id !== seat.workspace.owner);
    expect(guests.length).toBeLessThanOrEqual(capacity - 1);
    expect(Object.keys(reply.attendees)).toContain(seat.attendee.id);
  }
  // And nobody gets in who finds all places taken.
  const counts = new Map<string, number>();
  for (const { workspace } of seats) counts.set(workspace.token, (counts.get(workspace.token) ?? 0) + 1);
  for (const [token] of [...counts].filter(([, count]) => count === capacity)) {
    const reply = await ask(socket, 'attend', { workspace: { token }, attendee: {} });
    expect(reply).toMatchObject({ ok: false, error: { code: 'FULL', capacity } });
  }
}

it('Every seat that was acknowledged is there after a kill -9, round after round', {
  timeout: patience(30),
}, async () => {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const start = () => run(folder, { env: { ...settings, JSON_STORAGE_FILE: file } });
  const seats: Acknowledged[] = [];
  let server = start();
  for (let round = 0; round < atSoak(5, 100); round += 1) {
    const killAfter = 1 + Math.floor(Math.random() * 150);
    const taken = await storm(server, await server.listening(), killAfter);
    expect(taken.length, `killed after ${killAfter} seats`).toBeGreaterThanOrEqual(killAfter);
    seats.push(...taken);

    server = start();
    await reattendAll(await server.listening(), seats);
    // Nobody gave secrets: the tokens are still good because the server keeps its own beside the file.
    expect((await stat(`${file}.secrets`)).mode & 0o777).toBe(0o600);
  }
});

it('An owner who had left comes back after a kill -9, even when all other places are taken', async () => {
  const folder = await emptyFolder();
  const start = () => run(folder, { env: { ...settings, JSON_STORAGE_FILE: 'rooms.json' } });
  const first = start();
  const socket = await connect(await first.listening());
  const payload = { workspace: { name: 'Room', pin: '2468' }, attendee: { name: 'Ada' } };
  const owner = acknowledged(await must(socket, 'create', payload));
  await must(socket, 'leave', proofOf(owner));
  const workspace = { token: owner.workspace.token, pin: '2468' };
  for (let guest = 1; guest < capacity; guest += 1) await must(socket, 'attend', { workspace, attendee: {} });
  first.kill('SIGKILL');
  await first.ended;

  const again = await connect(await start().listening());
  expect(await ask(again, 'attend', { workspace, attendee: {} })).toMatchObject({ error: { code: 'FULL' } });
  const wrong = { ...workspace, pin: '1357' };
  expect(await ask(again, 'attend', { workspace: wrong, attendee: {} })).toMatchObject({
    error: { code: 'WRONG_PIN' },
  });
  const back = await must(again, 're-attend', proofOf(owner));
  expect(acknowledged(back)).toMatchObject({ workspace: owner.workspace, attendee: owner.attendee });
  expect(Object.keys(back.attendees)).toHaveLength(capacity);
});
