import { setTimeout as sleep } from 'node:timers/promises';
import { openSocketIo } from '../compare/adapters/socketio-frames.ts';
import { sampleCandidate } from '../compare/conversations.ts';
import { inTurns } from '../compare/driver.ts';
import type { ServerProcess } from '../compare/processes.ts';
import { type Spread, spread } from '../compare/statistics.ts';
import { alone, joined } from './candidates.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type Costs, costsOf } from './costs.ts';
import { type Done, since, sum } from './redis.ts';
import { frames, newSeat, type Seat, speaker, takeSeat } from './seats.ts';

/** Clients that connect, take a seat and disconnect in a slice, one after the other. */
const CONNECTIONS = 50;
/** Seats in a slice that get a message as soon as they are taken. */
const SPOKEN_TO = 40;
/** Time until Redis has received all subscriptions, ms. The adapters do not report that. */
const SETTLING_MS = 100;
/** A message counts as lost after so long, however busy the machine is, ms. */
const LOST_MS = 2000;

export interface StepRow {
  /** Redis commands. */
  commands: number;
  /** µs of processor of the node, and of Redis. */
  node: Spread;
  redis: Spread;
}

interface JoinRow {
  /** To connect, which makes a room by the name of the connection. */
  connect: StepRow;
  /** To take a seat, which makes a room by its name. */
  join: StepRow;
  /** To disconnect, which ends both rooms. */
  leave: StepRow;
  /** Messages from another node to seats that were just taken: how many, and how many of them never arrived. */
  spokenTo: number;
  lost: number;
}

export type JoinFigures = Record<string, JoinRow>;

type Step = Costs & { done: Done | null };

interface Slice {
  connect: Step;
  join: Step;
  leave: Step;
  lost: number;
}

/** The cost of some work until Redis has received its subscriptions. */
async function step(cluster: Cluster, act: () => Promise<void>): Promise<Step> {
  const before = await cluster.redis?.counts();
  const costs = await costsOf(cluster, async () => {
    await act();
    await sleep(SETTLING_MS);
  });
  const after = await cluster.redis?.counts();
  return { ...costs, done: before && after ? since(before, after) : null };
}

/** Whether a message arrives. */
function arrives(sender: Seat, seat: Seat): Promise<boolean> {
  const arrived = new Promise<boolean>((resolve) => {
    seat.socket.on('message', (data: Buffer) => frames.isRelayed(data) && resolve(true));
  });
  sender.socket.send(speaker(sender, seat).message(1, sampleCandidate));
  return Promise.race([arrived, sleep(LOST_MS, false)]);
}

interface Setup {
  cluster: Cluster;
  /** The node that clients join. */
  node: ServerProcess;
  /** The seat on another node. */
  sender: Seat;
}

async function comeAndGo({ cluster, node, sender }: Setup): Promise<Slice> {
  const sockets: Awaited<ReturnType<typeof openSocketIo>>[] = [];
  const connect = await step(cluster, async () => {
    for (let n = 0; n < CONNECTIONS; n += 1) sockets.push(await openSocketIo(node.url));
  });
  const join = await step(cluster, async () => {
    for (const socket of sockets) await takeSeat(socket);
  });
  const leave = await step(cluster, async () => {
    for (const socket of sockets) socket.close();
  });
  let lost = 0;
  for (let n = 0; n < SPOKEN_TO; n += 1) {
    const seat = await newSeat(node.url);
    if (!(await arrives(sender, seat))) lost += 1;
    seat.socket.close();
  }
  return { connect, join, leave, lost };
}

export async function measureJoins(): Promise<JoinFigures> {
  const setups: Setup[] = [];
  for (const candidate of joined) {
    const cluster = await startCluster(candidate, candidate === alone ? 1 : 2);
    const [first, last] = [cluster.nodes[0], cluster.nodes.at(-1)];
    if (!first || !last) throw new Error('There is no node.');
    setups.push({ cluster, node: last, sender: await newSeat(first.url) });
  }
  const measured = await inTurns(setups, comeAndGo);
  const figures: JoinFigures = {};
  for (const setup of setups) {
    const slices = measured.get(setup) ?? [];
    const row = (name: 'connect' | 'join' | 'leave'): StepRow => {
      const steps = slices.map((slice) => slice[name]);
      const commands = steps.reduce((all, { done }) => all + (done ? sum(done) : 0), 0);
      return {
        commands: Number((commands / steps.length / CONNECTIONS).toFixed(2)),
        node: spread(steps.map(({ nodes }) => (nodes.at(-1) ?? Number.NaN) / CONNECTIONS)),
        redis: spread(steps.map(({ redis }) => redis / CONNECTIONS)),
      };
    };
    figures[setup.cluster.candidate.name] = {
      connect: row('connect'),
      join: row('join'),
      leave: row('leave'),
      spokenTo: slices.length * SPOKEN_TO,
      lost: slices.reduce((all, { lost }) => all + lost, 0),
    };
    await setup.cluster.stop();
  }
  return figures;
}
