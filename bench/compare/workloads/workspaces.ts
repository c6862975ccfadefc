import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { openSocketIo } from '../adapters/socketio-frames.ts';
import { ask, thisServer } from '../adapters/this-server.ts';
import { aCandidate, type Conversation, remark } from '../conversations.ts';
import { inTurns, meetings, SLICE_MS, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { type Spread, spread } from '../statistics.ts';

const SIZES = [1, 10, 100, 1000, 10_000];
const PAIRS = 20;
/** Who attend at the same time, each a workspace where only its owner is. */
const GUESTS = 20;

export interface WorkspacesRow {
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

interface Scene {
  size: number;
  server: ServerProcess;
  conversations: Conversation[];
  guests: Guest[];
}

/** So many are created at least, so that a server with few of them is as warm as one with many. */
const LEAST_CREATED = 2000;

/** Workspaces that are there while nobody is in them: their owner has left and may come back. */
async function fill(url: string, size: number): Promise<void> {
  const socket = await openSocketIo(url);
  for (let n = 0; n < Math.max(size, LEAST_CREATED); n += 1) {
    const { workspace, attendee, accessToken } = await ask(socket, 'create', { workspace: {}, attendee: {} });
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    await ask(socket, n < size ? 'leave' : 'destroy', proof);
  }
  socket.terminate();
}

async function open(size: number): Promise<Scene> {
  const server = await startServer(thisServer);
  await fill(server.url, size);
  const pairs = await meetings(thisServer, server.url, PAIRS, 2);
  const guests: Guest[] = [];
  for (let n = 0; n < GUESTS; n += 1) {
    const owner = await openSocketIo(server.url);
    const { workspace } = await ask(owner, 'create', { workspace: {}, attendee: {} });
    guests.push({ socket: await openSocketIo(server.url), token: workspace.token });
  }
  return { size, server, conversations: pairs.map((pair) => remark(thisServer, pair, [aCandidate])), guests };
}

/** What a server still has to do when everybody has been answered, such as the notices, ms. */
const AFTERWARDS = 2;

/** They all attend, and leave again, for a while. @returns µs of the server's processor an attend, not counting leaves */
async function attends({ guests, server }: Scene): Promise<number> {
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

/** What this server does while it has many workspaces in memory. Each size has a server of its own. */
export async function measureWorkspaces(): Promise<WorkspacesFigures> {
  const scenes: Scene[] = [];
  for (const size of SIZES) scenes.push(await open(size));
  const relays = await inTurns(
    scenes,
    async ({ conversations, server }) => (await saturate(conversations, server)).cpu,
  );
  const arrivals = await inTurns(scenes, attends);
  const figures: WorkspacesFigures = {};
  for (const scene of scenes) {
    figures[scene.size] = { relay: spread(relays.get(scene) ?? []), attend: spread(arrivals.get(scene) ?? []) };
    await scene.server.stop();
  }
  return figures;
}
