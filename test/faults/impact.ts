import { expect } from 'vitest';
import type { Client } from '../support/fixtures.ts';
import { controlGroup } from './control-group.ts';
import { type ListeningServer, residentMb } from './serve.ts';
import { figure } from './soak.ts';

// The impact of one hostile client on the others: memory of the server, and waiting time.

/** The largest request that the server takes, in bytes. */
export const FULL_REQUEST = 1_000_000;

/** The body of a largest request, filled with one packet. */
export function full(packet: string): string {
  return new Array<string>(Math.floor(FULL_REQUEST / (packet.length + 1))).fill(packet).join('\u001e');
}

/** The longest wait that one client may cause another, in ms; generous, because the machine may be busy. */
const LONGEST_WAIT = 10_000;

/** Sends commands one after the other until `meanwhile` settles. @returns the longest wait for an answer, in ms */
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

/** Runs `act` beside other clients, and checks their longest wait and the growth of the server's memory. */
export async function expectSmallImpact(
  server: ListeningServer,
  what: string,
  megabytes: number,
  act: () => Promise<void>,
) {
  const others = await controlGroup(server);
  const client = await server.connect();
  const before = residentMb(server);
  let most = before;
  const acted = act();
  acted.catch(() => {});
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(server));
  }, 20);
  const waited = await longestWait(client, acted).finally(() => clearInterval(watch));
  most = Math.max(most, residentMb(server));
  figure(`${what}: others wait ${waited.toFixed(0)} ms at most, memory grows by ${(most - before).toFixed(0)} MB`);
  expect(waited, what).toBeLessThan(LONGEST_WAIT);
  expect(most - before, what).toBeLessThan(megabytes);
  await others.expectUnaffected();
}
