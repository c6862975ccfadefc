import assert from 'node:assert/strict';
import type { NumberedEvent } from '../../../src/server/domain/events.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';

interface LedgerCall {
  readonly id: string;
  readonly startedAt: number;
  readonly on: Map<string, number>;
  readonly seconds: Map<string, number>;
  connectedAt: number | null;
}

/**
 * Somebody beyond the workspace, who knows it by its events alone: it takes each once, and checks that together they make a
 * story that can be true, and the one that the documents tell.
 */
export class Ledger {
  readonly seen = new Set<string>();
  /** For how long calls that are over were connected, ms. */
  #usedMs = 0;
  #seq = 0;
  #seated = new Set<string>();
  #kicked = new Set<string>();
  /** Everybody who ever waited. That somebody gave up, or was turned away, is no event. */
  #waited = new Set<string>();
  #call: LedgerCall | null = null;
  #consultation: string | null = null;
  #isClosed = false;

  /** Takes the events of a document that are new. */
  take(document: Workspace): void {
    const fresh = document.outbox.filter(({ seq }) => seq > this.#seq);
    for (const event of fresh) {
      assert.equal(event.seq, this.#seq + 1, 'events are numbered without a gap');
      this.#seq = event.seq;
      this.#take(event);
    }
    assert.equal(document.seq, this.#seq, 'the document counts its events');
    if (document.closed !== null) {
      assert.ok(this.#isClosed, 'a workspace that has ended says so');
      return;
    }
    assert.deepEqual([...this.#seated].sort(), document.attendees.map(({ id }) => id).sort());
    for (const { id } of document.waiting) assert.ok(this.#waited.has(id), 'it tells which people wait');
    assert.deepEqual([...(this.#call?.on.keys() ?? [])].sort(), [...(document.call?.participants ?? [])].sort());
    assert.equal(this.#call?.id, document.call?.uid);
    assert.equal(this.#call?.connectedAt ?? null, document.call?.connectedAt ?? null);
    assert.equal(document.callUsedMs, this.#usedMs, 'the document counts the time of its calls');
  }

  #take(event: NumberedEvent): void {
    this.seen.add(event.type);
    assert.ok(!this.#isClosed, 'nothing happens after the end');
    assert.equal(event.seq === 1, event.type === 'workspace.created', 'it begins with its creation');
    switch (event.type) {
      case 'attendee.waiting':
        assert.ok(!this.#waited.has(event.data.waiting.id) && !this.#seated.has(event.data.waiting.id));
        this.#waited.add(event.data.waiting.id);
        return;
      case 'attendee.joined':
        assert.ok(!this.#seated.has(event.data.attendee.id), 'nobody joins twice');
        this.#seated.add(event.data.attendee.id);
        return;
      case 'attendee.kicked':
        assert.ok(this.#seated.has(event.data.attendee.id));
        this.#kicked.add(event.data.attendee.id);
        return;
      case 'attendee.left': {
        const { id } = event.data.attendee;
        assert.ok(!this.#call?.on.has(id), 'somebody leaves the call before the workspace');
        assert.ok(this.#seated.delete(id), 'nobody leaves who was not there');
        assert.equal(this.#kicked.delete(id), event.data.reason === 'kicked');
        return;
      }
      case 'call.started': {
        assert.equal(this.#call, null, 'there is one call at a time');
        const { call, startedAt } = event.data;
        this.#call = { id: call.id, startedAt, on: new Map(), seconds: new Map(), connectedAt: null };
        return;
      }
      case 'call.participant_joined': {
        const call = this.#callOf(event.data.call.id);
        assert.ok(!call.on.has(event.data.attendee.id));
        call.on.set(event.data.attendee.id, event.at);
        if (call.on.size > 1) call.connectedAt ??= event.at;
        return;
      }
      case 'call.participant_left': {
        const call = this.#callOf(event.data.call.id);
        const { id } = event.data.attendee;
        const joinedAt = call.on.get(id);
        assert.ok(joinedAt !== undefined, 'nobody leaves a call without having joined it');
        assert.equal(event.data.seconds, Math.round((event.at - joinedAt) / 1000));
        call.seconds.set(id, (call.seconds.get(id) ?? 0) + event.data.seconds);
        call.on.delete(id);
        return;
      }
      case 'call.ending': {
        const { connectedAt } = this.#callOf(event.data.call.id);
        assert.ok(connectedAt !== null && connectedAt <= event.at, 'nobody is warned before the call is connected');
        assert.ok(event.at < event.data.endsAt);
        return;
      }
      case 'call.ended': {
        const call = this.#callOf(event.data.call.id);
        assert.equal(call.on.size, 0, 'everybody has left a call that has ended');
        const { startedAt, connectedAt, endedAt, participants, billableSeconds } = event.data;
        assert.deepEqual([startedAt, connectedAt, endedAt], [call.startedAt, call.connectedAt, event.at]);
        assert.equal(billableSeconds, connectedAt === null ? 0 : Math.round((endedAt - connectedAt) / 1000));
        const seconds = participants.map((each) => [each.attendee.id, each.seconds] as const);
        assert.deepEqual(new Map(seconds), call.seconds, 'its bill is what its events say');
        this.#usedMs += connectedAt === null ? 0 : endedAt - connectedAt;
        this.#call = null;
        return;
      }
      case 'workspace.closed':
        assert.equal(this.#seated.size, 0);
        assert.equal(this.#call, null);
        assert.equal(this.#consultation, null, 'a consultation is over with its workspace');
        this.#isClosed = true;
        return;
      case 'consultation.opened':
        assert.equal(this.#consultation, null, 'a workspace has one consultation');
        this.#consultation = event.data.consultation.id;
        return;
      case 'consultation.closed':
        assert.equal(event.data.consultation.id, this.#consultation, 'nobody closes what was not opened');
        this.#consultation = null;
        return;
      // They change nobody's part in the workspace.
      case 'workspace.created':
      case 'call.missed':
      case 'recording.started':
      case 'recording.consent':
      case 'recording.stopped':
        return;
      default:
        event satisfies never;
    }
  }

  #callOf(id: string): LedgerCall {
    assert.equal(this.#call?.id, id, 'the call is on');
    return this.#call as LedgerCall;
  }
}
