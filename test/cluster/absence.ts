import { expect } from 'vitest';
import type { CommandName, CommandPayload } from '../../src/protocol/types.ts';
import type { Client } from '../support/fixtures.ts';
import type { Node } from './cluster.ts';

/** How long anybody waits at the most to hear that something cannot be done now, ms. */
const ANSWER_MS = 1000;

/** How long it takes at the most until everything works again, ms. */
export const BACK_MS = 5000;

/** What an absence looks like: how often a lease cannot be renewed is nobody's concern. */
export async function statusOf({ url }: Node, path: '/healthz' | '/readyz'): Promise<number> {
  return (await fetch(url + path)).status;
}

export async function becomesReady(...nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) await expect.poll(() => statusOf(node, '/readyz'), { timeout: BACK_MS }).toBe(200);
}

export async function becomesUnready(...nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) await expect.poll(() => statusOf(node, '/readyz'), { timeout: BACK_MS }).toBe(503);
}

/** Asks for something that cannot be had at the moment. */
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
