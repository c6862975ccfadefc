/**
 * What a relayed message costs, side by side: this server, and Socket.IO and ws with nothing on top.
 * Server and driver have a core each, and the servers take turns in short slices, so that whatever else the machine
 * does hits all of them alike: `npm run bench:relay` (SLICES=20 by default).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Pair, type Relay, relays } from './adapters.ts';
import { median, spread } from './statistics.ts';

const SLICES = Number(process.env.SLICES ?? 20);
const SLICE_MS = Number(process.env.SLICE_MS ?? 400);
const ONLY = process.env.ONLY?.split(',');

const root = fileURLToPath(new URL('../../', import.meta.url));
const candidate = {
  candidate:
    'candidate:842163049 1 udp 1677729535 203.0.113.24 46154 typ srflx raddr 10.0.0.7 rport 46154 generation 0 ufrag EsAw network-cost 999',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'EsAw',
};
/** An offer of about that many bytes, in lines as SDP has them. */
const offer = (bytes: number) => ({
  type: 'offer',
  sdp: `v=0\r\n${'a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n'.repeat(Math.round(bytes / 95))}`,
});

const workloads = [
  { name: 'candidate', payload: candidate, burst: 1 },
  { name: 'burst of 8', payload: candidate, burst: 8 },
  { name: 'offer, 3 kB', payload: offer(3000), burst: 1 },
];

interface Running {
  relay: Relay;
  child: ChildProcess;
  pair: Pair;
  message(payload: object): string;
}

async function run(relay: Relay): Promise<Running> {
  const isBuilt = relay.program.endsWith('.js');
  const node = isBuilt ? [process.execPath] : [process.execPath, '--import', 'tsx'];
  const env = { PATH: process.env.PATH, PORT: '0', COMMANDS_PER_SECOND: '1000000', ...relay.env };
  const child = spawn('taskset', ['-c', '0', ...node, relay.program], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const found = /Listening on (http:\/\/[^\s"]+)/.exec(printed)?.[1];
      if (found) resolve(found.replace('localhost', '127.0.0.1'));
    });
    child.once('close', () => reject(new Error(`${relay.name} did not start`)));
  });
  return { relay, child, ...(await relay.connect(url)) };
}

/** The processor time of a process so far, user and system, in µs. */
function cpuMicroseconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Sends bursts, each when the one before has arrived, for a while. @returns µs of the server's processor a message */
function slice(
  { pair, child, message }: Running,
  { payload, burst }: (typeof workloads)[number],
  ms: number,
): Promise<number> {
  const text = message(payload);
  const pid = child.pid ?? 0;
  const before = cpuMicroseconds(pid);
  const until = performance.now() + ms;
  let arrived = 0;
  const sendBurst = () => {
    for (let n = 0; n < burst; n += 1) pair.send(text);
  };
  return new Promise((resolve) => {
    pair.onArrival = () => {
      arrived += 1;
      if (arrived % burst !== 0) return;
      if (performance.now() < until) sendBurst();
      else resolve((cpuMicroseconds(pid) - before) / arrived);
    };
    sendBurst();
  });
}

const running: Running[] = [];
for (const relay of relays) if (!ONLY || ONLY.includes(relay.name)) running.push(await run(relay));
const costs = new Map<string, number[]>();
const key = (relay: Relay, workload: { name: string }) => `${relay.name}|${workload.name}`;
for (let n = -2; n < SLICES; n += 1) {
  for (const workload of workloads) {
    for (const each of running) {
      const cost = await slice(each, workload, SLICE_MS);
      // The first are for warming up.
      if (n >= 0) costs.set(key(each.relay, workload), [...(costs.get(key(each.relay, workload)) ?? []), cost]);
    }
  }
}
const base = (workload: { name: string }) => median(costs.get(`bare ws|${workload.name}`) ?? [Number.NaN]);
console.log(
  `| µs of CPU a message | ${workloads.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(workloads.length)}`,
);
for (const { relay, child } of running) {
  const cells = workloads.map((workload) => {
    const own = costs.get(key(relay, workload)) ?? [];
    return `${spread(own)} = ${(median(own) / base(workload)).toFixed(2)}`;
  });
  console.log(`| ${relay.name} | ${cells.join(' | ')} |`);
  child.kill();
  await once(child, 'close');
}
process.exit();
