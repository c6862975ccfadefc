import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { production } from '../support/built-server.ts';
import { type Receiver, startReceiver, verified } from '../support/receiver.ts';
import { ask, connect } from './clients.ts';
import { patience } from './soak.ts';

// Meetings whose every event has to come to a receiver of webhooks.

/** The secret that signs. */
export const secret = newSecret();
const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;

/** Seats outlast kills, so that each workspace ends when the test closes it. */
export const settings = {
  ...production,
  PORT: '0',
  BCRYPT_COST: '4',
  SEAT_GRACE_SECONDS: '3600',
  CREATES_PER_MINUTE: '1000000',
};

/** A receiver, and what it has taken: the `seq` of each workspace, where it answered with success. */
export interface Ledger {
  readonly receiver: Receiver;
  readonly taken: ReadonlyMap<string, ReadonlySet<number>>;
  /** Resolves when all events of these workspaces have come, up to their close. */
  complete(workspaces: readonly string[]): Promise<void>;
}

/** Fails the first time for every third event. */
export async function startLedger(): Promise<Ledger> {
  const taken = new Map<string, Set<number>>();
  const ends = new Map<string, number>();
  const seen = new Set<string>();
  const receiver = await startReceiver({
    answer: (delivery) => {
      const { type, data } = verified(delivery, secret);
      const isNew = !seen.has(data.id);
      seen.add(data.id);
      if (isNew && seen.size % 3 === 0) return 500;
      const { id } = data.workspace;
      taken.set(id, (taken.get(id) ?? new Set()).add(data.seq));
      if (type === 'workspace.closed') ends.set(id, data.seq);
      return 204;
    },
  });
  const isComplete = (id: string) => ends.has(id) && taken.get(id)?.size === ends.get(id);
  return {
    receiver,
    taken,
    async complete(workspaces) {
      await expect
        .poll(() => workspaces.filter((id) => !isComplete(id)), { timeout: patience(10) - 20_000, interval: 100 })
        .toEqual([]);
      for (const id of workspaces) {
        const seqs = [...(taken.get(id) ?? [])].sort((one, other) => one - other);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }
    },
  };
}

export interface Owned {
  readonly id: string;
  readonly proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

interface Meetings {
  /** So many; otherwise until the connection is lost. */
  most?: number;
  /** What the owner does at the end. */
  last?: 'leave' | 'destroy';
  /** The pause after each, for tests that only need events to come again and again, ms. */
  pauseMs?: number;
}

/**
 * Workspaces with calls, one after the other.
 * @returns those that were acknowledged
 */
export async function meet(
  owner: Socket,
  guest: Socket,
  { most = Number.POSITIVE_INFINITY, last = 'leave', pauseMs = 0 }: Meetings = {},
): Promise<Owned[]> {
  const owned: Owned[] = [];
  while (owned.length < most) {
    if (owned.length > 0 && pauseMs > 0) await sleep(pauseMs);
    const created = await ask(owner, 'create', { workspace: {}, attendee: { name: 'Owner' } });
    if (!created?.ok) return owned;
    const { workspace, attendee, accessToken } = created;
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    owned.push({ id: workspace.id, proof });
    const attended = await ask(guest, 'attend', { workspace: { token: workspace.token }, attendee: { name: 'Guest' } });
    if (!attended?.ok) return owned;
    const theirs = { ...proof, attendee: { id: attended.attendee.id }, accessToken: attended.accessToken };
    const call = { id: 'call' };
    const steps = [
      () => ask(owner, 'ring', { ...proof, callee: theirs.attendee, offer, call }),
      () => ask(guest, 'answer', { ...theirs, caller: proof.attendee, answer, call }),
      () => ask(owner, 'hangup', { ...proof, call }),
      () => ask(guest, 'leave', theirs),
      () => ask(owner, last, proof),
    ];
    for (const step of steps) if (!(await step())) return owned;
  }
  return owned;
}

/** Closes workspaces, so that their last events are known. */
export async function closeAll(url: string, owned: readonly Owned[]): Promise<void> {
  for (const { proof } of owned) {
    const socket = await connect(url);
    const back = await ask(socket, 're-attend', proof);
    // Some were closed before.
    const isGone = back?.ok === false && back.error.code === 'WORKSPACE_GONE';
    if (!isGone) expect(await ask(socket, 'destroy', proof)).toMatchObject({ ok: true });
    socket.close();
  }
}
