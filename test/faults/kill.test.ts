import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Socket } from 'socket.io-client';
import { expect, it } from 'vitest';
import type { Reply } from '../../src/protocol/types.ts';
import type { Random } from '../client/random.ts';
import { type BuiltServer, emptyFolder, run } from '../support/built-server.ts';
import { storedIn } from '../support/stored.ts';
import { type AcknowledgedSeat, acknowledgedSeat, isOwner, proofOf } from './acknowledged-seats.ts';
import { ask, connect, must } from './clients.ts';
import { RandomLoad } from './random-load.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak, figure, patience } from './soak.ts';

const capacity = 4;
const settings = {
  PORT: '0',
  BCRYPT_COST: '4',
  MAX_CAPACITY_OF_WORKSPACE: String(capacity),
  // However long the rounds take, and however fast, nothing but the kill ends a seat or slows the load down.
  SEAT_GRACE_SECONDS: '3600',
  COMMANDS_PER_SECOND: '100000',
  CREATES_PER_MINUTE: '1000000',
};

/** Seats of former rounds that each round looks at; all of them would be more from round to round. */
const SAMPLE = 20;

/** Kills a server under random load: after so many acknowledged commands, or after so many ms. */
async function loadAndKill(server: BuiltServer, random: Random): Promise<AcknowledgedSeat[]> {
  const url = await server.listening();
  const killAfter = random.chance(0.5) ? random.whole(1, 400) : Number.POSITIVE_INFINITY;
  const kill = () => server.kill('SIGKILL');
  const onAcknowledged = (count: number) => {
    if (count >= killAfter) kill();
  };
  const load = await RandomLoad.connect(url, { random, capacity, onAcknowledged });
  if (killAfter === Number.POSITIVE_INFINITY) setTimeout(kill, random.whole(5, 600));
  await load.run();
  expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  const expected = ['FULL', 'NOT_SEATED', 'NO_SUCH_ATTENDEE', 'NO_CALL'];
  expect([...load.refused].filter((code) => !expected.includes(code))).toEqual([]);
  return load.seats;
}

/** The file and its journal as the kill has left them: whole, and every workspace in them as the rules want it. */
async function expectWholeFile(file: string): Promise<void> {
  for (const { owner, attendees, call } of Object.values(await storedIn(file))) {
    const ids = attendees.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id !== owner.id).length).toBeLessThan(capacity);
    expect(call?.participants.filter((id) => !ids.includes(id)) ?? []).toEqual([]);
  }
  // Beside it lies nothing but what belongs there, and at most what was half written.
  const known = ['', '.journal', '.lock', '.secrets', '.tmp', '.journal.tmp'].map(
    (ending) => `${basename(file)}${ending}`,
  );
  const records = ['', '-wal', '-shm', '.lock'].map((ending) => `records.db${ending}`);
  expect((await readdir(dirname(file))).filter((name) => ![...known, ...records].includes(name))).toEqual([]);
  // Nobody gave secrets: the tokens are still good because the server keeps its own.
  expect((await stat(`${file}.secrets`)).mode & 0o777).toBe(0o600);
}

/** Takes the seats of a workspace again, first those that cannot have ended: they see which attendees are still away. */
async function takeAgain(socket: Socket, seats: readonly AcknowledgedSeat[]): Promise<void> {
  const order = ['no', 'maybe', 'yes'];
  const sorted = [...seats].sort((one, other) => order.indexOf(one.ended) - order.indexOf(other.ended));
  const gone = seats.filter(({ ended }) => ended === 'yes').map(({ attendee }) => attendee.id);
  for (const [index, seat] of sorted.entries()) {
    const reply = await ask(socket, 're-attend', proofOf(seat));
    if (index === 0 && seat.ended === 'no' && reply?.ok) {
      expect(Object.keys(reply.attendees).filter((id) => gone.includes(id))).toEqual([]);
    }
    expectKept(seat, reply);
  }
}

/** Holds what a server answers to a seat against what it owes it, which is certain from then on. */
function expectKept(seat: AcknowledgedSeat, reply: Reply<'re-attend'> | null): void {
  const mayBeGone = seat.ended !== 'no' && !isOwner(seat);
  if (mayBeGone && reply && !reply.ok) {
    expect(reply.error.code).toBe('NOT_SEATED');
    seat.ended = 'yes';
    return;
  }
  if (!reply?.ok) throw new Error(`A seat is lost (${JSON.stringify(reply)}): ${JSON.stringify(seat)}`);
  const { workspace, attendee, attendees } = reply;
  if (!isOwner(seat)) expect(seat.ended, `${attendee.id} is seated again`).not.toBe('yes');
  expect(workspace).toMatchObject(seat.workspace);
  expect(attendee.id).toBe(seat.attendee.id);
  expect(seat.names).toContain(attendee.name);
  expect(attendees).toHaveProperty([attendee.id]);
  const participants = workspace.call?.participants ?? [];
  expect(participants.filter((id) => !Object.hasOwn(attendees, id))).toEqual([]);
  const onCall = participants.includes(attendee.id);
  if (seat.ended === 'no' && seat.onCall !== 'maybe') expect(onCall).toBe(seat.onCall === 'yes');
  Object.assign(seat, { names: [attendee.name], ended: 'no', onCall: onCall ? 'yes' : 'no' });
}

/** An attend is refused while all places are taken. */
async function expectFull(socket: Socket, [seat]: readonly AcknowledgedSeat[]): Promise<void> {
  if (!seat) return;
  const reply = await ask(socket, 'attend', { workspace: { token: seat.workspace.token }, attendee: {} });
  expect(reply).toMatchObject({ ok: false, error: { code: 'FULL', capacity } });
}

function byWorkspace(seats: readonly AcknowledgedSeat[]): AcknowledgedSeat[][] {
  const groups = new Map<string, AcknowledgedSeat[]>();
  for (const seat of seats) groups.set(seat.workspace.id, [...(groups.get(seat.workspace.id) ?? []), seat]);
  return [...groups.values()];
}

const isGuest = (seat: AcknowledgedSeat) => seat.ended === 'no' && !isOwner(seat);

/** Takes all these seats again, over some connections at once. */
async function takeAllAgain(url: string, seats: readonly AcknowledgedSeat[]): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 8 }, () => connect(url)));
  const stranger = await connect(url);
  const workspaces = byWorkspace(seats);
  await Promise.all(
    sockets.map(async (socket, lane) => {
      for (const those of workspaces.filter((_, index) => index % sockets.length === lane)) {
        await takeAgain(socket, those);
        if (those.filter(isGuest).length === capacity - 1) await expectFull(stranger, those);
      }
    }),
  );
  for (const socket of [...sockets, stranger]) socket.close();
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

it('Nothing that was acknowledged is lost, and nothing that ended comes back, when the server is killed again and again', {
  timeout: patience(15),
}, async () => {
  const random = seededRandom();
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const start = () => run(folder, { env: { ...settings, JSON_STORAGE_FILE: file } });
  const rounds = atSoak(5, 100);
  const former: AcknowledgedSeat[] = [];
  const restarts: number[] = [];
  let server = start();
  for (let round = 0; round < rounds; round += 1) {
    const seats = await loadAndKill(server, random);
    await expectWholeFile(file);
    const killedAt = performance.now();
    server = start();
    const url = await server.listening();
    restarts.push(performance.now() - killedAt);
    const sample = former.length === 0 ? [] : Array.from({ length: SAMPLE }, () => random.pick(former));
    await takeAllAgain(url, [...seats, ...new Set(sample)]);
    former.push(...seats);
  }
  const ended = former.filter((seat) => seat.ended === 'yes').length;
  expect(former.length).toBeGreaterThan(rounds);
  figure(
    `kill -9: ${rounds} rounds, ${former.length} acknowledged seats, ${ended} of them left or kicked; ` +
      `0 lost, 0 came back; listening again after ${Math.round(median(restarts))} ms (median)`,
  );
});

it('An owner who had left comes back after a kill -9, even when all other places are taken', async () => {
  const folder = await emptyFolder();
  const start = () => run(folder, { env: { ...settings, JSON_STORAGE_FILE: 'rooms.json' } });
  const first = start();
  const url = await first.listening();
  const socket = await connect(url);
  const payload = { workspace: { name: 'Room', pin: '2468' }, attendee: { name: 'Ada' } };
  const owner = acknowledgedSeat(await must(socket, 'create', payload));
  await must(socket, 'leave', proofOf(owner));
  const workspace = { token: owner.workspace.token, pin: '2468' };
  for (let guest = 1; guest < capacity; guest += 1) {
    await must(await connect(url), 'attend', { workspace, attendee: {} });
  }
  first.kill('SIGKILL');
  await first.ended;

  const again = await connect(await start().listening());
  expect(await ask(again, 'attend', { workspace, attendee: {} })).toMatchObject({ error: { code: 'FULL' } });
  const wrong = { ...workspace, pin: '1357' };
  expect(await ask(again, 'attend', { workspace: wrong, attendee: {} })).toMatchObject({
    error: { code: 'WRONG_PIN' },
  });
  const back = await must(again, 're-attend', proofOf(owner));
  expect(back).toMatchObject({ workspace: owner.workspace, attendee: owner.attendee });
  expect(Object.keys(back.attendees)).toHaveLength(capacity);
});
