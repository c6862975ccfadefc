import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../adapters/adapter.ts';
import { thisServer } from '../adapters/this-server.ts';
import { aCandidate } from '../conversations.ts';
import { atPace } from '../driver.ts';
import type { StormResult } from '../pin-storm.ts';
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

export interface PinsRow {
  calm: Latency;
  storm: Latency;
  /** PINs that the server looked at in a second of the storm. */
  checksPerSecond: number;
  /** Guesses in a second that it refused without a look. */
  refusedPerSecond: number;
}

/** By where the server may run. */
export type PinsFigures = Record<string, PinsRow>;

/** Room for more wrong PINs than a storm can try: it is the checks that are measured, not how guessing is locked out. */
const env = { ...thisServer.env, PIN_ATTEMPTS: '1000', PIN_ATTEMPTS_PER_HOUR: '100000' };

const latency = (latencies: number[]): Latency => ({ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });

async function measure(cores: string): Promise<PinsRow> {
  const server = await startServer({ ...thisServer, env }, cores);
  const pair = (await thisServer.meet(server.url, 2)) as [Person, Person];
  // Beside the server, not beside whoever measures. It has little to do: each of its connections waits for bcrypt.
  const task = { url: server.url, connections: CONNECTIONS };
  const helper = startHelper(new URL('../pin-storm.ts', import.meta.url), task, SERVER_CORE);
  await heard(helper);
  const talk = async (seconds: number) => {
    const gaps = Array.from({ length: seconds * PER_SECOND }, () => 1000 / PER_SECOND);
    return (await atPace(thisServer, [pair], (from) => from.message(1, aCandidate), server, gaps)).latencies;
  };
  const [calm, storm]: [number[], number[]] = [[], []];
  const results: StormResult[] = [];
  await talk(1);
  for (let round = 0; round < ROUNDS; round += 1) {
    calm.push(...(await talk(CALM_SECONDS)));
    helper.send('begin');
    await sleep(500);
    storm.push(...(await talk(STORM_SECONDS)));
    const ended = heard<StormResult>(helper);
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

/** How a pair in the midst of a call fares while others guess PINs. */
export async function measurePins(): Promise<PinsFigures> {
  return {
    'one core, which the storm shares': await measure(SERVER_CORE),
    'both cores, shared with the storm and whoever measures': await measure(EVERY_CORE),
  };
}
