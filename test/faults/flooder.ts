/**
 * Loads a server from a process of its own, so that it does not hold up the test that measures. The first
 * argument has its options as JSON. It prints `ready` when it begins, and runs until it is killed.
 */
import type { Socket } from 'node:net';
import { openSocketIo, type Raw } from './raw-socket.ts';
import { frame } from './websocket.ts';

export interface Flood {
  url: string;
  kind: 'commands' | 'relays' | 'polling' | 'connections' | 'idle';
  /** How many connections do it at once. */
  connections: number;
  /**
   * The command of each connection, in a flood again and again: name and payload. Relays go from all to one of a workspace.
   * An idle connection sends it once, with its number for each `{n}`.
   */
  command: [string, unknown];
}

const CHUNK = 64 * 1024;

/** Idle connections that are opened at a time. */
const AT_ONCE = 100;

/** The beginning of the answer to the command with the number 0. */
const ANSWER = '430[';

const PING = Buffer.from([0x81, 1, 0x32]);

const text = (payload: string) => frame({ payload });

/** A command as Socket.IO sends it in an Engine.IO message, with an ack where it has a number. */
function event(name: string, payload: unknown, ack?: number): string {
  return `42${ack ?? ''}${JSON.stringify([name, payload])}`;
}

/**
 * A Socket.IO connection as cheap as bytes on TCP, for sending more than a client library could. It takes in what comes
 * and drops it; the heartbeat is left to the caller.
 */
async function connect(url: string): Promise<Socket> {
  const raw = await openSocketIo(url);
  raw.forget();
  return raw.socket;
}

/** One write of many commands, each with an ack. */
function chunkOf([name, payload]: Flood['command'], bytes: number): Buffer {
  const frames: Buffer[] = [];
  for (let length = 0; length < bytes; length += frames.at(-1)?.length ?? bytes) {
    frames.push(text(event(name, payload, frames.length)));
  }
  return Buffer.concat(frames);
}

function pour(socket: Socket, chunk: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

async function floodCommands({ url, connections, command }: Flood): Promise<void> {
  const chunk = chunkOf(command, CHUNK);
  const sockets = await Promise.all(Array.from({ length: connections }, () => connect(url)));
  process.stdout.write('ready\n');
  for (const socket of sockets) pour(socket, chunk);
}

/** Seats somebody. @returns its ids and its access token, and the invitation of the owner */
async function seat(raw: Raw, name: 'create' | 'attend', workspace: object) {
  raw.write(text(event(name, { workspace, attendee: {} }, 0)));
  await raw.has('430[');
  const [reply] = JSON.parse(/430(\[.*?\}\])[^,\]}]/.exec(`${raw.received}\0`)?.[1] ?? '[]');
  return reply as { workspace: { id: string; token: string }; attendee: { id: string }; accessToken: string };
}

async function floodRelays({ url, connections, command: [name, payload] }: Flood): Promise<void> {
  const floods: { raw: Raw; chunk: Buffer }[] = [];
  for (let pairs = connections / 2; pairs > 0; pairs -= 1) {
    const [one, other] = [await openSocketIo(url), await openSocketIo(url)];
    const owner = await seat(one, 'create', {});
    const guest = await seat(other, 'attend', { token: owner.workspace.token });
    const workspace = { id: owner.workspace.id };
    const ends = [
      { raw: one, from: owner, to: guest },
      { raw: other, from: guest, to: owner },
    ];
    for (const { raw, from, to } of ends) {
      const [attendee, broadcaster] = [{ id: to.attendee.id }, { id: from.attendee.id }];
      const head = { workspace, attendee, broadcaster, accessToken: from.accessToken };
      floods.push({ raw, chunk: chunkOf([name, { ...head, ...(payload as object) }], CHUNK) });
    }
  }
  process.stdout.write('ready\n');
  for (const { raw, chunk } of floods) {
    raw.forget();
    pour(raw.socket, chunk);
  }
}

/** Posts as many packets at once as a payload may hold, again and again. */
async function floodPolling({ url, connections, command }: Flood): Promise<void> {
  const one = event(...command);
  const body = Array(Math.floor((15 * CHUNK) / (one.length + 1)))
    .fill(one)
    .join('\u001e');
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const keepPosting = async () => {
    for (;;) {
      try {
        const sid = /"sid":"([^"]+)"/.exec(await (await fetch(polling)).text())?.[1];
        const own = `${polling}&sid=${sid}`;
        await (await fetch(own, { method: 'POST', body: '40' })).text();
        for (let ok = true; ok; ) ok = (await fetch(own, { method: 'POST', body })).ok;
      } catch {
        // Refused for a moment: again.
      }
    }
  };
  process.stdout.write('ready\n');
  await Promise.all(Array.from({ length: connections }, keepPosting));
}

/** Connects, says hello and goes away, as fast as it is let. */
async function floodConnections({ url, connections }: Flood): Promise<void> {
  const keepConnecting = async () => {
    for (;;) {
      await connect(url).then(
        (socket) => socket.destroy(),
        () => {},
      );
    }
  };
  process.stdout.write('ready\n');
  await Promise.all(Array.from({ length: connections }, keepConnecting));
}

/** Connects and stays, answering the heartbeat and saying nothing else than once that it is there. */
async function stayIdle({ url, connections, command }: Flood): Promise<void> {
  const [name, payload] = command;
  const hello = (number: number) => text(event(name, payload, 0).replaceAll('{n}', `${number}`));
  const pong = text('3');
  for (let left = connections; left > 0; left -= AT_ONCE) {
    const batch = Array.from({ length: Math.min(left, AT_ONCE) }, async (_, index) => {
      const socket = await connect(url);
      socket.write(hello(connections - left + index));
      await new Promise<void>((resolve) => {
        socket.on('data', (bytes: Buffer) => {
          // A ping of Engine.IO, in a frame of its own.
          if (bytes.includes(PING)) socket.write(pong);
          if (bytes.includes(ANSWER)) resolve();
        });
      });
    });
    await Promise.all(batch);
  }
  process.stdout.write('ready\n');
}

const flood: Flood = JSON.parse(process.argv[2] ?? '{}');
const floods = {
  commands: floodCommands,
  relays: floodRelays,
  polling: floodPolling,
  connections: floodConnections,
  idle: stayIdle,
};
await floods[flood.kind](flood);
