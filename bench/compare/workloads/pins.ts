import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer } from '../adapters/adapter.ts';
import { thisServer } from '../adapters/this-server.ts';
import { sampleCandidate } from '../conversations.ts';
import { atPace } from '../driver.ts';
import type { GuesserResult } from '../pin-guesser.ts';
import { EVERY_CORE, heard, SERVER_CORE, startHelper, startServer } from '../processes.ts';
import { quantile } from '../statistics.ts';

const CONNECTIONS = 60;
const ROUNDS = 3;
const CALM_SECONDS = 4;
const STORM_SECONDS = 6;
/** Candidates a second of the pair that is measured. */
const PER_SECOND = 100;

interface Latency {
  /** ms */
  p50: number;
  p99: number;
}

interface PinsRow {
  calm: Latency;
  storm: Latency;
  /** PINs that the server checked in a second of guessing. */
  checksPerSecond: number;
  /** Guesses in a second that it refused without a check. */
  refusedPerSecond: number;
}

/** By the cores of the server. */
export type PinsFigures = Record<string, PinsRow>;

/** Room for more wrong PINs than the guesser can send: the bench measures the checks, not the lock-out. */
const env = { ...thisServer.env, PIN_ATTEMPTS: '1000', PIN_ATTEMPTS_PER_HOUR: '100000' };

const latency = (latencies: number[]): Latency => ({ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });

async function measure(cores: string): Promise<PinsRow> {
  const server = await startServer({ ...thisServer, env }, cores);
  const pair = (await thisServer.connectGroup(server.url, 2)) as [Peer, Peer];
  // The guesser shares the server's core, not the driver's. It does little: each of its connections waits for bcrypt.
  const task = { url: server.url, connections: CONNECTIONS };
  const helper = startHelper(new URL('../pin-guesser.ts', import.meta.url), task, SERVER_CORE);
  await heard(helper);
  const talk = async (seconds: number) => {
    const gaps = Array.from({ length: seconds * PER_SECOND }, () => 1000 / PER_SECOND);
    return (await atPace(thisServer, [pair], (from) => from.message(1, sampleCandidate), server, gaps)).latencies;
  };
  const [calm, storm]: [number[], number[]] = [[], []];
  const results: GuesserResult[] = [];
  await talk(1);
  for (let round = 0; round < ROUNDS; round += 1) {
    calm.push(...(await talk(CALM_SECONDS)));
    helper.send('begin');
    await sleep(500);
    storm.push(...(await talk(STORM_SECONDS)));
    const ended = heard<GuesserResult>(helper);
    helper.send('end');
    results.push(await ended);
  }
  helper.kill();
  await server.stop();
  const seconds = results.reduce((sum, each) => sum + each.seconds, 0);
  const perSecond = (what: 'checked' | 'refused') => results.reduce((sum, each) => sum + each[what], 0) / seconds;
  return {
    calm: latency(calm),
    storm: latency(storm),
    checksPerSecond: perSecond('checked'),
    refusedPerSecond: perSecond('refused'),
  };
}

/** The latency of a pair in the midst of a call while others guess PINs. */
export async function measurePins(): Promise<PinsFigures> {
  return {
    'one core, which the storm shares': await measure(SERVER_CORE),
    'both cores, shared with the storm and whoever measures': await measure(EVERY_CORE),
  };
}
