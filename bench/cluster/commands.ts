import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { openSocketIo } from '../compare/adapters/socketio-frames.ts';
import { ask } from '../compare/adapters/this-server.ts';
import { sampleCandidate } from '../compare/conversations.ts';
import { startOurNodes } from './our-nodes.ts';
import { type Redis, since } from './redis.ts';

/** Repetitions of each action: leases and counts of the nodes spread over them. */
const TIMES = 50;

/** The pause before Redis commands are counted, ms. */
const CALM_MS = 300;

/** The commands of leases and of counting, which no action causes. */
const BESIDES = [
  ...['zscore', 'zremrangebyscore', 'zremrangebyrank', 'zrange', 'zrangebyscore', 'zcard', 'time', 'ping', 'info'],
  ...['evalsha', 'eval', 'script|load'],
];

/** Redis commands by name for one action. A script counts as the commands that it runs. */
export type CommandFigures = Record<string, Record<string, number>>;

interface Person {
  socket: WebSocket;
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}

async function counted(redis: Redis, act: (index: number) => Promise<unknown>): Promise<Record<string, number>> {
  await sleep(CALM_MS);
  const before = await redis.counts();
  for (let index = 0; index < TIMES; index += 1) await act(index);
  await sleep(CALM_MS);
  const { commands } = since(before, await redis.counts());
  return Object.fromEntries(
    Object.entries(commands)
      .filter(([name]) => !BESIDES.includes(name))
      .map(([name, calls]) => [name, Number((calls / TIMES).toFixed(2))]),
  );
}

const proof = ({ workspace, attendee, accessToken }: Person) => ({
  workspace: { id: workspace.id },
  attendee: { id: attendee.id },
  accessToken,
});

/** Owners on the first of two nodes, and guests on the second. */
export async function measureCommands(): Promise<CommandFigures> {
  const cluster = await startOurNodes(2, { BCRYPT_COST: '4', NODE_LEASE_SECONDS: '300' });
  const [first, second] = cluster.nodes;
  const { redis } = cluster;
  if (!first || !second || !redis) throw new Error('There are two nodes and a Redis.');
  const owners: (Person & { token: string })[] = [];
  const guests: Person[] = [];
  const connect = async (url: string) => Promise.all(Array.from({ length: TIMES }, () => openSocketIo(url)));
  const [mine, theirs, again] = [await connect(first.url), await connect(second.url), await connect(first.url)];
  const at = <Item>(items: readonly Item[], index: number): Item => items[index] as Item;
  const figures: CommandFigures = {};

  figures['create, with a PIN'] = await counted(redis, async (index) => {
    const socket = at(mine, index);
    const { workspace, attendee, accessToken } = await ask(socket, 'create', {
      workspace: { pin: '2468' },
      attendee: {},
    });
    owners.push({ socket, workspace, attendee, accessToken, token: workspace.token });
  });
  figures['attend, with a PIN'] = await counted(redis, async (index) => {
    const socket = at(theirs, index);
    const { token } = at(owners, index);
    guests.push({ socket, ...(await ask(socket, 'attend', { workspace: { token, pin: '2468' }, attendee: {} })) });
  });
  const call = { id: '1' };
  figures.ring = await counted(redis, (index) => {
    const owner = at(owners, index);
    const offer = { type: 'offer' as const, sdp: 'v=0' };
    return ask(owner.socket, 'ring', { ...proof(owner), callee: { id: at(guests, index).attendee.id }, call, offer });
  });
  figures.answer = await counted(redis, (index) => {
    const guest = at(guests, index);
    const answer = { type: 'answer' as const, sdp: 'v=0' };
    return ask(guest.socket, 'answer', {
      ...proof(guest),
      caller: { id: at(owners, index).attendee.id },
      call,
      answer,
    });
  });
  const relay = (from: Person, to: Person) =>
    ask(from.socket, 'icecandidate', {
      ...proof(from),
      attendee: { id: to.attendee.id },
      broadcaster: { id: from.attendee.id },
      candidate: { ...sampleCandidate },
    });
  figures['the first candidate in a while, to another node'] = await counted(redis, async (index) => {
    await sleep(20);
    await relay(at(owners, index), at(guests, index));
  });
  const [ada, bob] = [at(owners, 0), at(guests, 0)];
  await relay(ada, bob);
  figures['a further candidate, to another node'] = await counted(redis, () => relay(ada, bob));
  figures['re-attend, at another node'] = await counted(redis, async (index) => {
    const guest = at(guests, index);
    const socket = at(again, index);
    await ask(socket, 're-attend', proof(guest));
    guests[index] = { ...guest, socket };
  });
  await relay(ada, at(guests, 0));
  figures['a candidate, on the same node'] = await counted(redis, () => relay(ada, at(guests, 0)));
  figures.leave = await counted(redis, (index) => ask(at(guests, index).socket, 'leave', proof(at(guests, index))));
  await cluster.stop();
  return figures;
}
