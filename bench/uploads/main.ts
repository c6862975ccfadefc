/**
 * What uploads of recordings cost the server, and the pair beside them: `npm run bench:uploads`. The server has one core, the
 * uploads have the other one together with the pair, which sends a candidate every 10 ms. With each candidate a packet goes to a program that
 * gives it back: what other programs do to this machine delays both, and the difference is the server's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { serving, thisServer } from '../compare/adapters/this-server.ts';
import { heard, startHelper, startServer } from '../compare/processes.ts';
import type { Done, Task } from './uploader.ts';

const SIZES = (process.env.SIZES ?? '0,10,50').split(',').map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const MS = Number(process.env.MS ?? 15_000);
const BITS_PER_SECOND = 2_500_000;
const PACE = 10;

const at = (values: number[], share: number) =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const range = (values: number[], digits = 1) =>
  `${at(values, 0.5).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;

async function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

/** A pair on the server. @returns what measures how long candidates take from one to the other, in ms */
async function pair(url: string, echoPort: number) {
  const [sender, receiver] = [await connect(url), await connect(url)];
  const ada = await sender.emitWithAck('create', { workspace: {}, attendee: {} });
  const bob = await receiver.emitWithAck('attend', { workspace: { token: ada.workspace.token }, attendee: {} });
  const head = {
    workspace: { id: ada.workspace.id },
    attendee: { id: bob.attendee.id },
    broadcaster: { id: ada.attendee.id },
    accessToken: ada.accessToken,
  };
  const sentAt = new Map<number, number>();
  const echo = createConnection(echoPort, '127.0.0.1').setNoDelay();
  let relays = new Map<number, number>();
  let echoes = new Map<number, number>();
  let number = 0;
  echo.on('data', (packets: Buffer) => {
    for (let offset = 0; offset < packets.length; offset += 4) {
      const one = packets.readUInt32BE(offset);
      echoes.set(one, performance.now() - (sentAt.get(one) ?? 0));
    }
  });
  receiver.on('icecandidate', ({ candidate }) => {
    const began = sentAt.get(candidate.sdpMLineIndex);
    if (began !== undefined) relays.set(candidate.sdpMLineIndex, performance.now() - began);
  });
  return async (ms: number) => {
    [relays, echoes] = [new Map(), new Map()];
    sentAt.clear();
    for (const end = performance.now() + ms; performance.now() < end; await sleep(PACE)) {
      number += 1;
      sentAt.set(number, performance.now());
      const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: number };
      sender.emit('icecandidate', { ...head, candidate });
      const packet = Buffer.alloc(4);
      packet.writeUInt32BE(number);
      echo.write(packet);
    }
    while (relays.size < sentAt.size || echoes.size < sentAt.size) await sleep(PACE);
    const differences = [...relays].map(([one, relay]) => relay - (echoes.get(one) ?? 0));
    return { relays: [...relays.values()], echoes: [...echoes.values()], differences };
  };
}

interface Round {
  readonly p50: number;
  readonly p99: number;
  /** The same of the packets that come back, and of the differences. */
  readonly echoP99: number;
  readonly difference: number;
  readonly longest: number;
  readonly cpuPercent: number;
  readonly cpuMs: number;
  readonly megabytes: number;
  readonly patchP99: number;
  readonly residentMB: number;
}

async function round(uploads: number): Promise<Round> {
  const folder = await mkdtemp(join(process.env.FOLDER ?? tmpdir(), 'mesh-uploads-'));
  const env = {
    ...serving,
    JSON_STORAGE_FILE: join(folder, 'workspaces.json'),
    RECORDINGS_DIR: join(folder, 'recordings'),
  };
  const server = await startServer({ ...thisServer, name: 'this server', env });
  try {
    const echo = startHelper(new URL('echo.ts', import.meta.url), null);
    const talk = await pair(server.url, await heard<number>(echo));
    await talk(2_000);
    const task: Task = { url: server.url, uploads, bitsPerSecond: BITS_PER_SECOND, ms: MS + 4_000 };
    const helper = uploads > 0 ? startHelper(new URL('uploader.ts', import.meta.url), task) : null;
    if (helper) await heard(helper);
    const done = helper && heard<Done>(helper);
    await sleep(2_500);
    const before = { cpu: server.cpu(), at: performance.now() };
    const { relays, echoes, differences } = await talk(MS);
    echo.kill();
    const ms = performance.now() - before.at;
    const cpuMs = (server.cpu() - before.cpu) / 1000;
    const residentMB = server.resident() / 1e6;
    const { bytes, took: patches } = (await done) ?? { bytes: 0, took: [] };
    return {
      p50: at(relays, 0.5),
      p99: at(relays, 0.99),
      echoP99: at(echoes, 0.99),
      difference: at(differences, 0.99),
      longest: at(relays, 1),
      cpuPercent: (cpuMs / ms) * 100,
      cpuMs,
      megabytes: (bytes / 1e6) * (ms / (MS + 4_000)),
      patchP99: at([...patches], 0.99),
      residentMB,
    };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/** In turns, so that what other programs do meets all of them alike. */
const rounds = new Map<number, Round[]>(SIZES.map((uploads) => [uploads, []]));
for (let count = 0; count < ROUNDS; count += 1) {
  for (const [uploads, done] of rounds) done.push(await round(uploads));
}
const idleMs = at(
  (rounds.get(0) ?? []).map(({ cpuMs }) => cpuMs),
  0.5,
);
for (const [uploads, done] of rounds) {
  const of = (member: keyof Round) => done.map((each) => each[member]);
  console.log(`${uploads} uploads of 2.5 Mbit/s:`);
  console.log(`  relay: p50 ${range(of('p50'))}, p99 ${range(of('p99'))}, longest ${range(of('longest'))} ms`);
  console.log(
    `  a packet to and fro: p99 ${range(of('echoP99'))} ms; p99 of the difference ${range(of('difference'))} ms`,
  );
  console.log(`  server: ${range(of('cpuPercent'), 0)} % of one core, ${range(of('residentMB'), 0)} MB resident`);
  if (uploads === 0) continue;
  const perMegabyte = done.map(({ cpuMs, megabytes }) => (cpuMs - idleMs) / megabytes);
  console.log(
    `  ${range(of('megabytes'), 0)} MB, ${range(perMegabyte, 2)} ms of processor each; PATCH p99 ${range(of('patchP99'), 0)} ms`,
  );
}
process.exit(0);
