import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { openSocketIo } from '../adapters/socketio-frames.ts';
import { ask, thisServer } from '../adapters/this-server.ts';
import { type Conversation, oneWay, sampleCandidate } from '../conversations.ts';
import { connectGroups, inTurns, SLICE_MS, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { type Spread, spread } from '../statistics.ts';

const SIZES = [1, 10, 100, 1000, 10_000];
const PAIRS = 20;
/** Guests that attend at the same time, each in a workspace with only its owner. */
const GUESTS = 20;

interface WorkspacesRow {
  /** µs of the server's processor a relayed candidate. */
  relay: Spread;
  /** µs of the server's processor an `attend`, with its answer and the notice to the owner. */
  attend: Spread;
}

/** By the number of other workspaces. */
export type WorkspacesFigures = Record<number, WorkspacesRow>;

interface Guest {
  socket: WebSocket;
  token: string;
}

interface Setup {
  size: number;
  server: ServerProcess;
  conversations: Conversation[];
  guests: Guest[];
}

/** The bench creates at least so many, so that a server with few workspaces is as warm as one with many. */
const LEAST_CREATED = 2000;

/** Creates empty workspaces, whose owners have left and may come back. */
async function fill(url: string, size: number): Promise<void> {
  const socket = await openSocketIo(url);
  for (let n = 0; n < Math.max(size, LEAST_CREATED); n += 1) {
    const { workspace, attendee, accessToken } = await ask(socket, 'create', { workspace: {}, attendee: {} });
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    await ask(socket, n < size ? 'leave' : 'destroy', proof);
  }
  socket.terminate();
}

async function open(size: number): Promise<Setup> {
  const server = await startServer(thisServer);
  await fill(server.url, size);
  const pairs = await connectGroups(thisServer, server.url, PAIRS, 2);
  const guests: Guest[] = [];
  for (let n = 0; n < GUESTS; n += 1) {
    const owner = await openSocketIo(server.url);
    const { workspace } = await ask(owner, 'create', { workspace: {}, attendee: {} });
    guests.push({ socket: await openSocketIo(server.url), token: workspace.token });
  }
  return { size, server, conversations: pairs.map((pair) => oneWay(thisServer, pair, [sampleCandidate])), guests };
}

/** Time for the server's work after the last answer, such as notices, ms. */
const AFTERWARDS = 2;

/** All guests attend and leave again for one slice. @returns µs of the server's processor an attend, without the leaves */
async function attends({ guests, server }: Setup): Promise<number> {
  let [used, count] = [0, 0];
  for (const end = performance.now() + SLICE_MS; performance.now() < end; ) {
    const before = server.cpu();
    const seats = await Promise.all(
      guests.map(({ socket, token }) => ask(socket, 'attend', { workspace: { token }, attendee: {} })),
    );
    await sleep(AFTERWARDS);
    used += server.cpu() - before;
    count += guests.length;
    await Promise.all(
      seats.map(({ workspace, attendee, accessToken }, index) =>
        ask((guests[index] as Guest).socket, 'leave', {
          workspace: { id: workspace.id },
          attendee: { id: attendee.id },
          accessToken,
        }),
      ),
    );
    await sleep(AFTERWARDS);
  }
  return used / count;
}

/** The cost of a relay and of an attend with many workspaces in memory. Each size has a server of its own. */
export async function measureWorkspaces(): Promise<WorkspacesFigures> {
  const setups: Setup[] = [];
  for (const size of SIZES) setups.push(await open(size));
  const relays = await inTurns(
    setups,
    async ({ conversations, server }) => (await saturate(conversations, server)).cpu,
  );
  const arrivals = await inTurns(setups, attends);
  const figures: WorkspacesFigures = {};
  for (const setup of setups) {
    figures[setup.size] = { relay: spread(relays.get(setup) ?? []), attend: spread(arrivals.get(setup) ?? []) };
    await setup.server.stop();
  }
  return figures;
}
