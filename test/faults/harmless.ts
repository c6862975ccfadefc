import { expect } from 'vitest';
import type { Client } from '../support/fixtures.ts';
import { bystanders } from './bystanders.ts';
import { residentMb, type Served } from './served.ts';
import { figure } from './soak.ts';

// How what one client does on purpose is felt by everybody else: in memory, and in time of the event loop.

/** As much as one request may hold, in bytes. */
export const FULL_REQUEST = 1_000_000;

/** A request full of one packet. */
export function full(packet: string): string {
  return new Array<string>(Math.floor(FULL_REQUEST / (packet.length + 1))).fill(packet).join('\u001e');
}

/** Nobody may wait longer than this because of what one client sends, in ms, on a machine that is busy besides. */
const LONGEST_WAIT = 10_000;

/** Keeps asking while something goes on. @returns the longest wait for an answer, in ms */
async function longestWait(client: Client, meanwhile: Promise<unknown>): Promise<number> {
  let longest = 0;
  let goesOn = true;
  const end = () => {
    goesOn = false;
  };
  meanwhile.then(end, end);
  do {
    const asked = performance.now();
    await client.settled();
    longest = Math.max(longest, performance.now() - asked);
  } while (goesOn);
  await meanwhile;
  return longest;
}

/** Does something while others ask, and asserts what they and the memory see of it. */
export async function expectHarmless(server: Served, what: string, megabytes: number, act: () => Promise<void>) {
  const calm = await bystanders(server);
  const witness = await server.connect();
  const before = residentMb(server);
  let most = before;
  const acted = act();
  acted.catch(() => {});
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(server));
  }, 20);
  const waited = await longestWait(witness, acted).finally(() => clearInterval(watch));
  most = Math.max(most, residentMb(server));
  figure(`${what}: others wait ${waited.toFixed(0)} ms at most, memory grows by ${(most - before).toFixed(0)} MB`);
  expect(waited, what).toBeLessThan(LONGEST_WAIT);
  expect(most - before, what).toBeLessThan(megabytes);
  await calm.areCalm();
}
