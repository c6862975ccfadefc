import { expect } from 'vitest';
import type { CommandName, CommandPayload } from '../../src/protocol/types.ts';
import type { Client } from '../support/fixtures.ts';
import type { Address } from './cluster.ts';

/** The longest wait for the answer that a command cannot be done now, ms. */
const ANSWER_MS = 1000;

/** The longest time from the end of an outage until everything works again, ms. */
export const RECOVERY_MS = 5000;

export async function statusOf({ url }: Address, path: '/healthz' | '/readyz'): Promise<number> {
  return (await fetch(url + path)).status;
}

export async function becomesReady(...nodes: readonly Address[]): Promise<void> {
  for (const node of nodes) await expect.poll(() => statusOf(node, '/readyz'), { timeout: RECOVERY_MS }).toBe(200);
}

export async function becomesUnready(...nodes: readonly Address[]): Promise<void> {
  for (const node of nodes) await expect.poll(() => statusOf(node, '/readyz'), { timeout: RECOVERY_MS }).toBe(503);
}

/** Sends a command that no node can do at the moment, and expects BUSY_TRY_AGAIN in time. */
export async function expectBusy<Name extends CommandName>(
  client: Client,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<void> {
  const asked = performance.now();
  const { code } = await client.refused(name, payload);
  expect(code, name).toBe('BUSY_TRY_AGAIN');
  expect(performance.now() - asked, `ms for ${name}`).toBeLessThan(ANSWER_MS);
}
