import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import { commandNames, type Examples, examples } from '../protocol/every-command.ts';
import {
  attend,
  type Client,
  createWorkspace,
  type Generation,
  generations,
  type Owner,
  type Seat,
} from '../support/fixtures.ts';
import { wrongWithNotice, wrongWithReply } from './allowed-replies.ts';
import { controlGroup } from './control-group.ts';
import { hostileName, hostileValue, type Mutation, mutated, mutation } from './hostile-values.ts';
import { type ListeningServer, residentMb, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';

/** Commands that are sent in one go, at most; enough to be quick, and few enough that all answers fit into one read. */
const TOGETHER = 100;

const PIN = 'pin-7391';
/** Commands that end a seat come last, so that the others find seats. */
const endings: readonly CommandName[] = ['leave', 'kick', 'destroy'];

/** How a command is sent: rightly with and without an ack, and in ways no library would. */
const manners = [
  'ack',
  'ack',
  'ack',
  'no ack',
  'two payloads',
  'no payload',
  'ack first',
  'ack among payloads',
] as const;

interface Attempt {
  command: string;
  /** The mutation of the right payload; a lone value replaces all of it. */
  changes: Mutation[] | { value: unknown };
  manner: (typeof manners)[number];
  /** Whether the guest sends the owner's commands, and the owner the guest's. */
  swapped: boolean;
}

const attemptOf = (names: fc.Arbitrary<string>): fc.Arbitrary<Attempt> =>
  fc.record({
    command: names,
    changes: fc.oneof(
      { weight: 5, arbitrary: fc.array(mutation, { maxLength: 3 }) },
      { weight: 1, arbitrary: hostileValue.map((value) => ({ value })) },
    ),
    manner: fc.constantFrom(...manners),
    swapped: fc.boolean(),
  });

/** Clients of Socket.IO 2 keep `error` to themselves. */
const commandName = hostileName.filter((name) => name !== 'error');

const attempts = fc
  .tuple(
    fc.array(
      attemptOf(
        fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom(...commandNames.filter((each) => !endings.includes(each))) },
          { weight: 1, arbitrary: commandName },
        ),
      ),
      { maxLength: TOGETHER - 5, size: 'max' },
    ),
    fc.array(attemptOf(fc.constantFrom(...endings)), { maxLength: 5, size: 'max' }),
  )
  .map(([most, last]) => [...most, ...last]);

interface Room {
  owner: Owner;
  guest: Seat;
}

/** Connections that are used again and again, each run of the property with a workspace of its own. */
async function newRoom(server: ListeningServer, [first, second]: readonly [Client, Client]): Promise<Room> {
  const owner = await createWorkspace(server, { client: first, pin: PIN });
  const guest = await attend(server, owner, { client: second, pin: PIN });
  for (const { client } of [owner, guest]) {
    client.received.length = 0;
    client.everything.length = 0;
  }
  return { owner, guest };
}

/** Sends all of them at once. @returns what was wrong with the answers */
async function hurl({ owner, guest }: Room, all: readonly Attempt[]): Promise<string[]> {
  const right = examples(owner, guest, { pin: PIN });
  const swappedRight = examples({ ...guest, token: owner.token, workspaceId: owner.workspaceId }, owner, { pin: PIN });
  const counted = [owner, guest].map(({ client }) => countAcks(client));
  const replies = all.map(async ({ command, changes, manner, swapped }) => {
    const { by, payload: example } = exampleOf(swapped ? swappedRight : right, command);
    const { client } = (by === 'owner') === swapped ? guest : owner;
    const payload = 'value' in changes ? changes.value : changes.reduce<unknown>(mutated, example);
    const reply = await inTime(client, send(client, command, payload, manner));
    return reply === null ? null : wrongWithReply(command, reply);
  });
  const wrong = (await Promise.all(replies)).filter((each) => each !== null);
  for (const { client } of [owner, guest]) {
    if ((await inTime(client, client.settled())) !== undefined) wrong.push('the connection was cut');
    wrong.push(...client.received.flatMap(({ notice, payload }) => wrongWithNotice(notice, payload) ?? []));
  }
  for (const count of counted) {
    const { times } = count();
    if (times.some((each) => each !== 1)) wrong.push(`acks were answered ${times.join(' ')} times`);
  }
  return wrong;
}

/** Unknown commands go with the payload of a known one. */
function exampleOf(right: Examples, command: string) {
  return Object.hasOwn(right, command) ? right[command as CommandName] : right.attendees;
}

/** @returns the reply; null where none was asked for */
async function send(client: Client, command: string, payload: unknown, manner: Attempt['manner']): Promise<unknown> {
  switch (manner) {
    case 'ack':
      return client.askRaw(command, payload);
    case 'two payloads':
      return client.askRaw(command, payload, payload);
    case 'no payload':
      return client.askRaw(command);
    case 'no ack':
      client.send(command, payload);
      return null;
    case 'ack first':
      client.send(command, 'ack', payload);
      return null;
    case 'ack among payloads':
      client.send(command, payload, { ack: true }, null);
      return null;
  }
}

/** How long an answer may take on a machine that is busy, ms. */
const LATE = 5_000;

/** A reply; or in its place, after a while, a word that is none. */
function inTime(client: Client, reply: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    const none = () => resolve('(never came)');
    const timer = setTimeout(none, LATE);
    if (!client.socket.connected) none();
    reply.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Counts answers of acks where they arrive: the library would hide a second one. */
function countAcks(client: Client): () => { times: number[] } {
  const { engine } = (client.socket as unknown as { io: { engine: Emitter } }).io;
  const times = new Map<string, number>();
  const look = (data: unknown) => {
    const id = /^(?:3|6\d+-)(\d+)\[/.exec(String(data))?.[1];
    if (id !== undefined) times.set(id, (times.get(id) ?? 0) + 1);
  };
  engine.on('data', look);
  return () => {
    engine.off('data', look);
    return { times: [...times.values()] };
  };
}

interface Emitter {
  on(event: 'data', listener: (data: unknown) => void): void;
  off(event: 'data', listener: (data: unknown) => void): void;
}

/** No log may hold these: tokens (ids can begin like them, but are shorter), PINs and what a call is made of. */
const SECRET = /eyJ[\w-]{15}|pin-\d|v=0|candidate:1/;
/** Lines for people: each begins with a time, or belongs to one that does. */
const LINE = /^(\[\d\d:\d\d:\d\d\.\d{3}\] (DEBUG|INFO|WARN): | {4}[a-z]+: )[^\p{C}\p{Zl}\p{Zp}]*$/u;

function expectCleanLog({ output: { stdout } }: ListeningServer): void {
  expect(stdout).not.toMatch(SECRET);
  expect(
    stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => !LINE.test(line)),
  ).toEqual([]);
}

/** A failure is made smaller for as long as the test may still last, and then told with its seed. */
const fastCheck = { interruptAfterTimeLimit: patience(10) * 0.75, markInterruptAsFailure: true };

const share: Record<string, { quick: number; soak: number }> = {
  'Socket.IO 4 over WebSocket': { quick: 20, soak: 1400 },
  'Socket.IO 4 over polling': { quick: 4, soak: 100 },
  'Socket.IO 2 over WebSocket': { quick: 10, soak: 500 },
  'Socket.IO 2 over polling': { quick: 4, soak: 100 },
};

async function clientsOf(server: ListeningServer, generation: Generation): Promise<[Client, Client]> {
  return [await server.connect({ generation }), await server.connect({ generation })];
}

it.each(generations)(
  'Whatever is sent as a command with $name is answered once, in words of the protocol',
  {
    timeout: patience(10),
  },
  async (generation) => {
    const server = await serve({
      LOG_LEVEL: 'debug',
      COMMANDS_PER_SECOND: '100000',
      CREATES_PER_MINUTE: '1000000',
      BROKEN_LINKS_PER_MINUTE: '1000000',
      PIN_ATTEMPTS: '1000',
      PIN_ATTEMPTS_PER_HOUR: '100000',
      MAX_CAPACITY_OF_WORKSPACE: '1000',
      CALL_CONTROL: 'participants',
    });
    const others = await controlGroup(server);
    const before = residentMb(server);
    let clients = await clientsOf(server, generation);
    const { quick, soak } = share[generation.name] ?? { quick: 1, soak: 1 };
    const runs = atSoak(quick, soak);
    let used = 0;
    let sent = 0;
    const property = fc.asyncProperty(attempts, async (all) => {
      // Workspaces that were created stay with their connections: new ones now and then let them go.
      used += 1;
      sent += all.length;
      if (used % 50 === 0) {
        for (const client of clients) client.close();
        clients = await clientsOf(server, generation);
      }
      expect(await hurl(await newRoom(server, clients), all)).toEqual([]);
    });
    await fc.assert(property, { ...fastCheck, numRuns: runs });
    await others.expectUnaffected();
    expectCleanLog(server);
    figure(
      `${sent} hostile commands with ${generation.name}: memory ${before.toFixed(0)} MB before, ` +
        `${residentMb(server).toFixed(0)} MB after`,
    );
  },
);

it('What is sent too fast besides is answered too', { timeout: patience(10) }, async () => {
  const server = await serve({ CREATES_PER_MINUTE: '1000000', LOG_LEVEL: 'debug', SEAT_GRACE_SECONDS: '1' });
  const others = await controlGroup(server);
  const property = fc.asyncProperty(attempts, fc.integer({ min: 1, max: 8 }), async (all, times) => {
    const clients = await clientsOf(server, generations[0]);
    const room = await newRoom(server, clients);
    const many = Array.from({ length: times }, () => all).flat();
    expect(await hurl(room, many)).toEqual([]);
    for (const client of clients) client.close();
  });
  await fc.assert(property, { ...fastCheck, numRuns: atSoak(3, 60) });
  await others.expectUnaffected();
  expectCleanLog(server);
});
