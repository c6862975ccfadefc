import type { NoticePayload } from '../../protocol/types.ts';
import { find } from '../domain/change.ts';
import type { Ring, Workspace } from '../domain/workspace.ts';
import type { Measurements, RingOutcome } from '../measurements.ts';
import type { Made } from '../storage/update.ts';

/** The notices that say how a ring ended. */
const OUTCOMES: Readonly<Record<string, RingOutcome>> = {
  answer: 'answered',
  busy: 'declined',
  unanswered: 'unanswered',
};

/** How the ring of a user ends, by the reason for which its invite does. */
const INVITE_OUTCOMES: Readonly<Record<NoticePayload<'invite-ended'>['reason'], RingOutcome>> = {
  accepted: 'answered',
  declined: 'declined',
  unanswered: 'unanswered',
  cancelled: 'cancelled',
  closed: 'cancelled',
};

/** Counts what the changes do that this node stores: rings and calls that end, and seats that lose their connection. */
export class ChangeMeter {
  readonly #measurements: Pick<Measurements, 'rings' | 'callSeconds'>;
  /** The seats in grace whose loss this node stored, by workspace. */
  readonly #inGrace = new Map<string, readonly string[]>();
  #seatsInGrace = 0;

  constructor(measurements: Pick<Measurements, 'rings' | 'callSeconds'>) {
    this.#measurements = measurements;
  }

  /** The seats in grace whose loss this node stored. A seat that came back at another node counts until its time is over. */
  get seatsInGrace(): number {
    return this.#seatsInGrace;
  }

  /** Counts a change that was stored, or found that there is nothing to change. @param now ms since the epoch */
  note(made: Made, now: number): void {
    this.#noteSeats(made);
    if (made.before.call && made.change.next !== made.before) this.#noteCall(made, now);
    if (made.before.invites.length > 0) this.#noteInvites(made);
  }

  /** The workspace is gone. */
  forget(workspaceId: string): void {
    this.#setInGrace(workspaceId, []);
  }

  #noteSeats({ before, change: { next } }: Made): void {
    const known = this.#inGrace.get(before.id) ?? [];
    if (known.length === 0 && next?.attendees === before.attendees) return;
    const isLost = (id: string) => known.includes(id) || (find(before, id)?.connection ?? null) !== null;
    const inGrace = next?.attendees.filter(({ id, connection }) => connection === null && isLost(id)) ?? [];
    this.#setInGrace(
      before.id,
      inGrace.map(({ id }) => id),
    );
  }

  #setInGrace(workspaceId: string, seats: readonly string[]): void {
    this.#seatsInGrace += seats.length - (this.#inGrace.get(workspaceId)?.length ?? 0);
    if (seats.length > 0) this.#inGrace.set(workspaceId, seats);
    else this.#inGrace.delete(workspaceId);
  }

  #noteInvites({ before, change: { userEffects = [] } }: Made): void {
    for (const { notice, payload } of userEffects) {
      if (notice !== 'invite-ended') continue;
      const isRing = before.invites.some(({ id, ring }) => ring && id === payload.invite.id);
      if (isRing) this.#measurements.rings.add(INVITE_OUTCOMES[payload.reason]);
    }
  }

  #noteCall({ before, change: { next, effects } }: Made, now: number): void {
    const outcomes = effects.flatMap(({ notice }) => OUTCOMES[notice] ?? []);
    for (const outcome of outcomes) this.#measurements.rings.add(outcome);
    const cancelled = endedRings(before, next).length - outcomes.length;
    for (let count = 0; count < cancelled; count += 1) this.#measurements.rings.add('cancelled');
    const { call } = before;
    const isOver = call !== null && next?.call?.uid !== call.uid;
    if (isOver && call.connectedAt !== null) this.#measurements.callSeconds.add((now - call.connectedAt) / 1000);
  }
}

/** The rings that were there before a change and are there no more. */
function endedRings({ call: former }: Workspace, next: Workspace | null): Ring[] {
  if (!former) return [];
  const rings = next?.call?.uid === former.uid ? next.call.rings : [];
  const isThere = (one: Ring) => rings.some(({ caller, callee }) => caller === one.caller && callee === one.callee);
  return former.rings.filter((one) => !isThere(one));
}
