import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter, Peer } from './adapters/adapter.ts';
import type { Conversation } from './conversations.ts';
import type { Measured } from './processes.ts';
import { randomNumbers, shuffled } from './statistics.ts';

/** The number of measured slices, and their length, ms. Warm-up slices come before them. */
export const SLICES = Number(process.env.SLICES ?? 12);
export const SLICE_MS = Number(process.env.SLICE_MS ?? 400);
const WARM_UPS = 2;

/** A message counts as lost after so long, ms. */
const LOST_MS = 20_000;

/**
 * Measures the setups in turn, round after round and in a new random order each time, so that other load of the machine
 * affects all alike.
 * @returns the slices of each setup, in the order of the rounds
 */
export async function inTurns<Each, Result>(
  all: readonly Each[],
  measure: (each: Each) => Promise<Result>,
): Promise<Map<Each, Result[]>> {
  const results = new Map<Each, Result[]>(all.map((each) => [each, []]));
  for (let round = -WARM_UPS; round < SLICES; round += 1) {
    for (const each of shuffled(all)) {
      const result = await measure(each);
      if (round >= 0) results.get(each)?.push(result);
    }
  }
  return results;
}

/** Connects groups of so many peers each, one after the other. */
export async function connectGroups(adapter: Adapter, url: string, count: number, people: number): Promise<Peer[][]> {
  const met: Peer[][] = [];
  for (let n = 0; n < count; n += 1) met.push(await adapter.connectGroup(url, people));
  return met;
}

export interface Saturated {
  /** µs of the server's processor a message. */
  cpu: number;
  /** Messages a second. */
  perSecond: number;
  messages: number;
  /** The share of its core that the server used. Below 0.95 the clients were the bottleneck. */
  busy: number;
}

/** Plays conversations again and again for one slice, as fast as the server relays. */
export async function saturate(
  conversations: readonly Conversation[],
  { cpu, name }: Pick<Measured, 'cpu' | 'name'>,
  ms = SLICE_MS,
): Promise<Saturated> {
  let messages = 0;
  const lost = setTimeout(() => {
    throw new Error(`${name}: a message has not arrived.`);
  }, ms + LOST_MS);
  const [cpuBefore, began] = [cpu(), performance.now()];
  const goOn = async (conversation: Conversation) => {
    while (performance.now() < began + ms) {
      // On a line of its own: with `+=` before it, what others have counted meanwhile would be lost.
      const said = await conversation();
      messages += said;
    }
  };
  await Promise.all(conversations.map(goOn));
  clearTimeout(lost);
  const [used, passed] = [cpu() - cpuBefore, (performance.now() - began) * 1000];
  return { cpu: used / messages, perSecond: (messages / passed) * 1e6, messages, busy: used / passed };
}

interface Paced {
  /** µs of the server's processor a message. */
  cpu: number;
  /** ms from when each message was due to be sent to its arrival. */
  latencies: number[];
}

/** ms between messages that are sent at random times, the same at each run. */
export function randomGaps(messages: number, perSecond: number, seed: number): number[] {
  const random = randomNumbers(seed);
  return Array.from({ length: messages }, () => (-Math.log(1 - random()) * 1000) / perSecond);
}

/** Timers fire up to so late, in ms: shorter waits spin instead of sleeping. */
const TIMER_MS = 2;

/**
 * Sends messages at their times, whether or not earlier ones have arrived (an open workload). Latency counts from the
 * intended time, so a stalled server pays for each message that waited meanwhile.
 *
 * @param pairs take turns
 * @param gaps ms between messages
 */
export async function atPace(
  adapter: Pick<Adapter, 'isRelayed'>,
  pairs: readonly (readonly [Peer, Peer])[],
  text: (from: Peer) => string,
  { cpu }: Pick<Measured, 'cpu'>,
  gaps: readonly number[],
): Promise<Paced> {
  const latencies: number[] = [];
  const lanes = pairs.map(([from, to]) => {
    const due: number[] = [];
    const onMessage = (data: Buffer) => {
      if (adapter.isRelayed(data)) latencies.push(performance.now() - (due.shift() ?? Number.NaN));
    };
    to.socket.on('message', onMessage);
    return { from: from.socket, text: text(from), due, stop: () => to.socket.off('message', onMessage) };
  });
  const cpuBefore = cpu();
  let next = performance.now();
  for (const [index, gap] of gaps.entries()) {
    next += gap;
    for (let early = next - performance.now(); early > 0; early = next - performance.now()) {
      if (early > TIMER_MS) await sleep(early - TIMER_MS);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    const lane = lanes[index % lanes.length] as (typeof lanes)[number];
    lane.due.push(next);
    lane.from.send(lane.text);
  }
  for (const deadline = performance.now() + 30_000; latencies.length < gaps.length; await sleep(1)) {
    if (performance.now() > deadline) throw new Error(`${gaps.length - latencies.length} messages did not arrive.`);
  }
  for (const { stop } of lanes) stop();
  return { cpu: (cpu() - cpuBefore) / gaps.length, latencies };
}
