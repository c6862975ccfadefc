import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Access } from '../../../src/protocol/commands.ts';
import { isRefusal, type Refusal } from '../../../src/protocol/errors.ts';
import { notices } from '../../../src/protocol/notices.ts';
import { attendees as attendeesSchema } from '../../../src/protocol/schemas.ts';
import { answer, busy, hangup, leaveCall, ring, ringAgain } from '../../../src/server/domain/call.ts';
import { extendCall, setCallBudget } from '../../../src/server/domain/call-limit.ts';
import type { Change, Effect, UserEffect } from '../../../src/server/domain/change.ts';
import { aftermath } from '../../../src/server/domain/dial.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { close, endCall, remove, revise } from '../../../src/server/domain/hosting.ts';
import { renewInvitation } from '../../../src/server/domain/invitation.ts';
import { cancelInvite, declineInvite, invite } from '../../../src/server/domain/invites.ts';
import { authorise, type CallControl } from '../../../src/server/domain/policy.ts';
import { consent, endWithCall, startRecording, stopRecording } from '../../../src/server/domain/recording.ts';
import { rename } from '../../../src/server/domain/rename.ts';
import { afterRestart } from '../../../src/server/domain/restart.ts';
import {
  accept,
  attend,
  bind,
  create,
  destroy,
  drop,
  hasFreeSeat,
  kick,
  leave,
  reattend,
  toggle,
} from '../../../src/server/domain/seat.ts';
import { nextDeadline, settle } from '../../../src/server/domain/settle.ts';
import { attendeeRecords } from '../../../src/server/domain/view.ts';
import {
  admit,
  admitInOrder,
  canAdmit,
  changeAdmission,
  dropPlace,
  giveUp,
  knock,
  mustWait,
  returnToPlace,
  seatOfPage,
  takeAdmittedSeat,
  turnAway,
} from '../../../src/server/domain/waiting.ts';
import type { Call, CallLimit, Consultation, Invite, Workspace } from '../../../src/server/domain/workspace.ts';
import { workspaceSchema } from '../../../src/server/storage/schema.ts';
import { Ledger } from './ledger.ts';
import { answer as answerOf, arrivalOf, deepFreeze, noon, offer } from './people.ts';
import { QueueWitness } from './queue-witness.ts';

/** An invite that nobody sent. */
const someInvite: Invite = {
  id: '_none',
  user: 'user-0',
  from: { id: '_nobody', name: '', user: null },
  ring: true,
  media: 'audio',
  until: null,
  call: null,
  consultation: null,
};

const graceMs = 20_000;
const ringMs = 45_000;
const mostWaiting = 3;

const deeds = [
  'attend',
  'reattend',
  'rename',
  'bind',
  'drop',
  'leave',
  'kick',
  'destroy',
  'renew',
  'ring',
  'answer',
  'busy',
  'hangup',
  'leaveCall',
  'extendCall',
  'setCallBudget',
  'toggle',
  'admission',
  'knock',
  'returnToPlace',
  'dropPlace',
  'admit',
  'takeAdmittedSeat',
  'turnAway',
  'giveUp',
  'settle',
  'restart',
  'revise',
  'remove',
  'close',
  'endCall',
  'invite',
  'cancelInvite',
  'declineInvite',
  'accept',
  'startRecording',
  'stopRecording',
  'consent',
  'aftermath',
  'endWithCall',
  'ringAgain',
] as const;
type Deed = (typeof deeds)[number];

const weights: Partial<Record<Deed, number>> = {
  attend: 6,
  ring: 8,
  answer: 8,
  busy: 4,
  extendCall: 4,
  drop: 3,
  reattend: 3,
  settle: 3,
  knock: 6,
  admit: 2,
  admission: 2,
  turnAway: 2,
  invite: 6,
  accept: 3,
  consent: 3,
};

/** One step. Its numbers pick an attendee, or a ring, of those that exist at that moment. */
export const anyStep = fc.record({
  does: fc.oneof(...deeds.map((deed) => ({ arbitrary: fc.constant(deed), weight: weights[deed] ?? 1 }))),
  who: fc.nat(7),
  whom: fc.nat(7),
  legacy: fc.boolean(),
  page: fc.constantFrom('page 1', 'page 2', null),
  otherCall: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
  on: fc.boolean(),
  /** ms that pass before it */
  after: fc.constantFrom(0, 0, 0, 1, 7_000, graceMs - 1, graceMs, ringMs),
});
export type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

const inTurn = { who: 0, whom: 1, legacy: false, page: 'page 1', otherCall: false, on: true, after: 0 } as const;

/** Steps that bring the owner and somebody onto a call: by chance alone few workspaces would have one. */
export const toCall: readonly Step[] = (['attend', 'ring', 'answer'] as const).map((does) => ({ ...inTurn, does }));

/** Steps that bring them onto a call that is recorded. */
export const toRecording: readonly Step[] = [...toCall, { ...inTurn, does: 'startRecording' }];

interface Rules {
  capacity: number;
  callControl: CallControl;
  /** The limit of each call. */
  limit: CallLimit;
  /** The budget of a new workspace, ms. */
  budgetMs: number | null;
  /** The consultation that takes place in a new workspace. */
  consultation: Consultation | null;
}

/**
 * A model of one workspace, which runs the transitions in the server's order: first those of time, then the one of the
 * seat's connection, then the check of access, then the command. It checks every invariant at each transition.
 */
export class Model {
  readonly seen = new Set<string>();
  readonly #rules: Rules;
  /** The types of all events so far. */
  readonly happened = new Set<string>();
  #now = noon;
  #ledger = new Ledger();
  #queue = new QueueWitness();
  #workspace: Workspace;
  /** The ids of all attendees so far, the owner first. */
  #known: string[] = [];
  #names = 0;

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#workspace = this.#create();
  }

  run(step: Step): void {
    this.#now += step.after;
    const before = this.#workspace;
    this.#settle();
    this.#do(step);
    this.#apply('aftermath', (workspace) => aftermath(before, workspace, this.#now));
    this.#apply('endWithCall', (workspace) => endWithCall(workspace, this.#now));
    this.#checkRecording();
    this.#apply('ringAgain', (workspace) => ringAgain(before, workspace));
    this.#checkRingsOfUsers();
    this.#checkTime();
    this.#checkOwnerCanComeBack();
  }

  #do({ does, who, whom, legacy, page, otherCall, on }: Step): void {
    const now = this.#now;
    const sender = this.#pick(who);
    const other = this.#pick(whom);
    const connection = `connection ${page} of ${sender}`;
    const { call: current, owner } = this.#workspace;
    const call = { id: current && !otherCall ? current.id : `call-${this.#newName()}` };
    const rings = current?.rings ?? [];
    const pending = rings[who % Math.max(1, rings.length)] ?? { caller: other, callee: sender };
    const user = `user-${whom % 3}`;
    const { invites } = this.#workspace;
    const pendingInvite = invites[who % Math.max(1, invites.length)] ?? someInvite;
    const { caller, callee } = otherCall ? { caller: other, callee: sender } : pending;

    const asSeat = (seat: string, access: Access, transition: (workspace: Workspace) => Change | Refusal): boolean =>
      this.#apply('bind', (workspace) => {
        const holder = workspace.attendees.find(({ id }) => id === seat);
        const via = { connection: holder?.connection ?? connection, legacy: holder?.legacy ?? legacy };
        return bind(workspace, seat, via, now);
      }) &&
      authorise(this.#workspace, seat, access, this.#rules.callControl) === null &&
      this.#apply(does, transition);

    switch (does) {
      case 'attend': {
        const id = `_${this.#newName()}`;
        const arrival = arrivalOf(id, { legacy, session: legacy ? null : page, user: on ? null : user });
        if (mustWait(this.#workspace, arrival.user)) return;
        const isFree = hasFreeSeat(this.#workspace, this.#rules.capacity);
        const mayEnter = isFree && (on || !this.#workspace.kickedUsers.includes(user));
        const accepted = this.#apply(does, (workspace) => attend(workspace, arrival, this.#rules.capacity, now));
        assert.equal(accepted, mayEnter, 'somebody gets in exactly if there is room, and nobody removed');
        if (accepted) this.#known.push(id);
        return;
      }
      case 'reattend': {
        const arrival = arrivalOf(sender, { legacy, session: legacy ? null : page, connection });
        const mayReturn = sender === owner.id || this.#isSeated(sender);
        const accepted = this.#apply(does, (workspace) => reattend(workspace, arrival, now));
        assert.equal(accepted, mayReturn, 'a seat, and the owner always, can come back');
        return;
      }
      case 'rename': {
        const profile = { id: sender, name: `Somebody called ${page}`, avatar: '' };
        const accepted = this.#apply(does, (workspace) => rename(workspace, profile, now));
        assert.equal(accepted, this.#isSeated(sender), 'every seat can take another name, and nobody else');
        return;
      }
      case 'bind':
        this.#apply(does, (workspace) => bind(workspace, sender, { connection, legacy }, now));
        return;
      case 'drop': {
        const held = this.#workspace.attendees.find(({ id }) => id === sender)?.connection;
        this.#apply(does, (workspace) => drop(workspace, sender, (on ? held : null) ?? connection, now));
        return;
      }
      case 'leave':
        asSeat(sender, 'seat', (workspace) => leave(workspace, sender, now));
        return;
      case 'kick':
        asSeat(owner.id, 'owner', (workspace) => kick(workspace, other, now));
        return;
      case 'destroy':
        if (asSeat(owner.id, 'owner', (workspace) => destroy(workspace))) this.#workspace = this.#create();
        return;
      case 'renew':
        asSeat(owner.id, 'owner', (workspace) =>
          renewInvitation(workspace, `invitation ${workspace.renewals + 1}`, now),
        );
        return;
      case 'ring': {
        // Mostly the owner, because nobody else begins a call.
        const ringing = on ? owner.id : sender;
        const details = {
          caller: ringing,
          callee: other,
          call,
          offer,
          nonce: '',
          timeoutMs: ringMs,
          newUid: `call_${this.#newName()}`,
          limit: this.#rules.limit,
        };
        const rang = asSeat(ringing, 'caller', (workspace) => ring(workspace, details, now));
        assert.ok(!rang || hasTimeLeft(this.#workspace), 'nobody rings when the time for calls is used up');
        const begins = rang && this.#workspace.call?.id !== current?.id;
        assert.ok(!begins || ringing === owner.id, 'nobody but the owner begins a call');
        return;
      }
      case 'answer':
        asSeat(callee, 'seat', (workspace) =>
          answer(workspace, { caller, callee, call, answer: answerOf, nonce: '' }, now),
        );
        return;
      case 'busy':
        asSeat(callee, 'seat', (workspace) => busy(workspace, { caller, callee, call }, now));
        return;
      case 'hangup':
        asSeat(sender, 'caller', (workspace) => hangup(workspace, { attendee: sender, call }, now));
        return;
      case 'leaveCall':
        asSeat(sender, 'participant', (workspace) => leaveCall(workspace, { attendee: sender, call }, now));
        return;
      case 'extendCall': {
        const end = this.#workspace.call?.endsAt ?? null;
        const extended = asSeat(owner.id, 'owner', (workspace) =>
          extendCall(workspace, { callId: call.id, ms: 10_000, by: owner.id }, now),
        );
        if (extended && end !== null) assert.equal(this.#workspace.call?.endsAt, end + 10_000, 'exactly so much later');
        return;
      }
      case 'setCallBudget': {
        const budget = this.#rules.budgetMs === null || on ? this.#rules.budgetMs : 30_000 + 1000 * whom;
        this.#apply(does, (workspace) => setCallBudget(workspace, budget, now));
        return;
      }
      case 'toggle':
        asSeat(sender, 'seat', (workspace) => toggle(workspace, sender, legacy ? 'mic' : 'cam', on, now));
        return;
      case 'startRecording': {
        const started = { id: `_r${this.#newName()}`, startedBy: owner.id };
        asSeat(owner.id, 'owner', (workspace) => startRecording(workspace, started, now));
        return;
      }
      case 'stopRecording':
        asSeat(owner.id, 'owner', (workspace) => stopRecording(workspace, workspace.recording?.id ?? '_none', now));
        return;
      case 'consent': {
        const { recording } = this.#workspace;
        const said = { recording: recording?.id ?? '_none', attendee: sender, given: on, text: '' };
        const accepted = asSeat(sender, 'seat', (workspace) => consent(workspace, said, now));
        if (!accepted || !this.#workspace.recording) return;
        assert.deepEqual(
          this.#workspace.recording.consents.filter((each) => each.attendee === sender).map(({ given }) => given),
          [on],
          'the latest word of somebody counts',
        );
        return;
      }
      case 'admission':
        asSeat(owner.id, 'owner', (workspace) =>
          changeAdmission(workspace, on ? 'open' : 'ask', this.#rules.capacity, now),
        );
        return;
      case 'knock': {
        if (!mustWait(this.#workspace, null)) return;
        const arrival = arrivalOf(`_${this.#newName()}`, { session: page });
        const full = this.#workspace.waiting.length >= mostWaiting;
        const limits = { mostWaiting, most: this.#rules.capacity };
        const accepted = this.#apply(does, (workspace) => knock(workspace, arrival, limits, now));
        assert.equal(accepted, !full, 'somebody waits exactly if there is a place');
        return;
      }
      case 'returnToPlace': {
        const person = this.#pickWaiting(who);
        const { id, name } = person ?? { id: sender, name: '' };
        const profile = { id, name: on ? `${name}!` : name, avatar: '' };
        const arrival = { ...arrivalOf(id, { session: page, connection }), profile };
        const accepted = this.#apply(does, (workspace) => returnToPlace(workspace, arrival, now));
        assert.equal(accepted, person !== undefined, 'nobody returns to a place that is not there');
        return;
      }
      case 'dropPlace': {
        const person = this.#pickWaiting(who);
        const held = (on ? person?.connection : null) ?? 'a former connection';
        this.#apply(does, (workspace) => dropPlace(workspace, person?.id ?? sender, held, now));
        return;
      }
      case 'admit': {
        const person = this.#pickWaiting(whom);
        const room = hasFreeSeat(this.#workspace, this.#rules.capacity);
        let isAdmitted = false;
        asSeat(owner.id, 'owner', (workspace) => {
          const change = admit(workspace, person?.id ?? other, this.#rules.capacity, now);
          isAdmitted = !isRefusal(change);
          assert.equal(isAdmitted, person !== undefined && room, 'somebody who waits is admitted if there is room');
          return change;
        });
        if (isAdmitted && person) this.#known.push(person.id);
        return;
      }
      case 'takeAdmittedSeat': {
        const admitted = this.#workspace.attendees.find((attendee) => attendee.admitted !== null)?.admitted;
        const session = admitted?.session ?? page;
        const seat = seatOfPage(this.#workspace, session, graceMs, now);
        const isInTime = admitted && now - admitted.at <= graceMs;
        assert.ok(seat || !isInTime, 'a page that was admitted finds its seat');
        if (seat) this.#apply(does, (workspace) => takeAdmittedSeat(workspace, arrivalOf(seat.id, { session }), now));
        return;
      }
      case 'turnAway': {
        const person = this.#pickWaiting(whom);
        asSeat(owner.id, 'owner', (workspace) => turnAway(workspace, ({ id }) => id === person?.id, now));
        return;
      }
      case 'giveUp': {
        const person = this.#pickWaiting(who) ?? this.#workspace.attendees.find(({ admitted }) => admitted !== null);
        if (!person) return;
        this.#apply(does, (workspace) => giveUp(workspace, person.id, person.connection ?? connection, now));
        return;
      }
      case 'revise':
        this.#apply(does, (workspace) =>
          revise(workspace, { name: `Room ${page}`, capacity: 1 + whom, admission: on ? 'open' : 'ask' }, now),
        );
        return;
      case 'remove':
        this.#apply(does, (workspace) => remove(workspace, other, now));
        return;
      case 'close':
        if (this.#apply(does, close)) this.#workspace = this.#create();
        return;
      case 'endCall':
        this.#apply(does, (workspace) => endCall(workspace, current?.uid ?? '', now));
        assert.equal(this.#workspace.call, null, 'the call is over');
        return;
      case 'invite': {
        const inviting = {
          id: `_invite${this.#newName()}`,
          user,
          from: on ? owner.id : sender,
          ring: !otherCall,
          media: 'audio' as const,
          until: now + ringMs,
          tokenOf: () => 'token',
          presence: legacy ? ('busy' as const) : page === null ? ('away' as const) : ('here' as const),
        };
        asSeat(inviting.from, 'caller', (workspace) => invite(workspace, inviting, now));
        return;
      }
      case 'cancelInvite':
        asSeat(on ? owner.id : sender, 'seat', (workspace) =>
          cancelInvite(workspace, { invite: pendingInvite.id, sender: on ? owner.id : sender }, now),
        );
        return;
      case 'declineInvite': {
        const declining = {
          invite: pendingInvite.id,
          user: pendingInvite.user,
          reason: on ? ('busy' as const) : ('declined' as const),
          except: connection,
        };
        this.#apply(does, (workspace) => declineInvite(workspace, declining, now));
        return;
      }
      case 'accept': {
        const id = `_${this.#newName()}`;
        const arrival = arrivalOf(id, { session: page, user: pendingInvite.user });
        const isOpen = this.#workspace.invites.includes(pendingInvite);
        const isFree = hasFreeSeat(this.#workspace, this.#rules.capacity);
        const mayEnter = isFree && !this.#workspace.kickedUsers.includes(pendingInvite.user);
        const accepted = this.#apply(does, (workspace) =>
          accept(workspace, pendingInvite.id, arrival, this.#rules.capacity, now),
        );
        assert.equal(accepted, isOpen && mayEnter, 'an open invite gives one seat');
        if (accepted) this.#known.push(id);
        return;
      }
      case 'aftermath':
      case 'ringAgain':
        return;
      case 'settle':
        this.#settle();
        return;
      case 'restart':
        this.#apply(does, (workspace) => ({ next: afterRestart(workspace, now), effects: [], ended: [] }));
        return;
    }
  }

  #create(): Workspace {
    const id = this.#newName();
    const owner = arrivalOf(`_owner${id}`);
    const created = create({ id: `_room${id}`, name: 'Room', avatar: '', pinHash: null }, owner, this.#now);
    assert.ok(created.next);
    const opened = { ...created, next: { ...created.next, consultation: this.#rules.consultation } };
    const { next: without } = withHistory(null, opened, 0, this.#now);
    assert.ok(without);
    const next = { ...without, callBudgetMs: this.#rules.budgetMs };
    this.#ledger = new Ledger();
    this.#queue = new QueueWitness();
    this.#ledger.take(next);
    checkDocument(next, this.#rules);
    this.#known = [owner.profile.id];
    return deepFreeze(next);
  }

  /** @returns whether the domain accepted the transition */
  #apply(deed: Deed, transition: (workspace: Workspace) => Change | Refusal): boolean {
    const before = this.#workspace;
    const result = transition(before);
    // It can run again when somebody else's change came first.
    assert.deepEqual(transition(before), result, 'a transition is idempotent');
    if (isRefusal(result)) return false;
    this.#checkChange(deed, before, result);
    this.#record(before, result);
    return true;
  }

  /** Takes the next document, with what happened, as the server stores it. */
  #record(before: Workspace, change: Change): void {
    // The records have some of the events already.
    const handedOn = Math.max(0, before.seq - (before.rev % 3));
    const { next, closed } = withHistory(before, change, handedOn, this.#now);
    const stored = next ?? closed;
    assert.ok(stored, 'a workspace that has ended leaves a document');
    assert.ok(
      stored === before || stored.outbox.every(({ seq }) => seq > handedOn),
      'what is handed on leaves the document',
    );
    this.#ledger.take(stored);
    for (const type of this.#ledger.seen) this.happened.add(type);
    if (next) this.#workspace = deepFreeze(next);
  }

  #checkChange(deed: Deed, before: Workspace, change: Change): void {
    const { next, effects, userEffects = [], waitingEffects = [], ended } = change;
    for (const { notice } of userEffects) this.seen.add(notice);
    checkUsersHear(before, next, userEffects);
    const seatedBefore = idsOf(before);
    const seatedAfter = next ? idsOf(next) : [];
    if (next === before) {
      const told = deed === 'ringAgain' ? [] : effects;
      assert.deepEqual([told, waitingEffects, ended], [[], [], []], 'who changes nothing has nothing to tell');
    } else if (next) {
      assert.ok(next.rev > before.rev, 'rev grows with every change');
      assert.equal(next.touched, this.#now);
      checkDocument(next, this.#rules);
    }
    if (deed !== 'answer' && deed !== 'busy' && deed !== 'settle') checkNobodyRingsOn(deed, before, next, effects);
    const gone = seatedBefore.filter((id) => !seatedAfter.includes(id));
    assert.deepEqual([...ended].sort(), gone.sort(), 'exactly the seats that are gone have ended');
    this.#queue.take(before, change);
    for (const { notice } of waitingEffects) this.seen.add(notice);
    checkToldOnce(effects);
    for (const effect of effects) {
      this.seen.add(effect.notice);
      const legacyKick = (deed === 'kick' || deed === 'remove') && effect.notice === 'leave';
      // The owner hears of it too where a host system ends the owner's call.
      const isFromOutside = deed === 'endCall' && effect.notice === 'hangup';
      checkEffect(effect, new Set([...seatedBefore, ...seatedAfter]), legacyKick || isFromOutside);
      if (next && typeof effect.payload === 'object' && 'rev' in effect.payload) {
        const { rev } = effect.payload;
        assert.ok(rev > before.rev && rev <= next.rev, 'a notice carries the rev of its change');
      }
    }
  }

  /** Runs the transitions of time, and checks that each ended ring causes one notice. */
  #settle(): void {
    const before = this.#workspace;
    const now = this.#now;
    const { effects } = settle(before, graceMs, now);
    this.#apply('settle', (workspace) => settle(workspace, graceMs, now));
    this.#checkPlaces(before);
    const after = idsOf(this.#workspace);
    const isOver = before.call?.endsAt != null && before.call.endsAt <= now;
    const late = (before.call?.rings ?? []).filter(
      ({ caller, callee, until }) => !isOver && until <= now && after.includes(caller) && after.includes(callee),
    );
    const told = effects.flatMap(({ to, notice, payload }) =>
      notice === 'unanswered' && after.includes(to[0] ?? '')
        ? [`${to.join(' ')}: ${payload.callee.id} ${payload.call.id}`]
        : [],
    );
    const missed = (before.call?.rings ?? []).filter(
      ({ caller, callee }) =>
        !isOver && after.includes(caller) && !after.includes(callee) && !before.call?.participants.includes(callee),
    );
    assert.deepEqual(
      told.sort(),
      [
        ...late.map(({ caller, callee }) => `${caller} ${callee}: ${callee} ${before.call?.id}`),
        ...missed.map(({ caller, callee }) => `${caller}: ${callee} ${before.call?.id}`),
      ].sort(),
      'each ring that is over is told once: to its caller, and to its callee if that one has a seat',
    );
    const hangups = effects.filter(({ notice }) => notice === 'hangup');
    if (isOver) {
      assert.equal(this.#workspace.call, null, 'a call whose time is over has ended');
      assert.deepEqual(hangups[0]?.to, idsOf(before), 'everybody hears that the time is over');
    }
    const lost = before.attendees.filter(({ droppedAt }) => droppedAt !== null && droppedAt + graceMs <= now);
    const gone = idsOf(before).filter((id) => !after.includes(id));
    assert.deepEqual(
      gone,
      lost.map(({ id }) => id),
      'seats end when their grace is over, and no others',
    );
  }

  /** Places end when their grace is over, and no others. While nobody has to ask, the people who wait take the free seats. */
  #checkPlaces(before: Workspace): void {
    const kept = before.waiting.filter(({ droppedAt }) => droppedAt === null || droppedAt + graceMs > this.#now);
    const waited = this.#workspace.waiting.map(({ id }) => id);
    assert.deepEqual(
      waited,
      kept.map(({ id }) => id),
    );
    const canEnter = canAdmit(this.#workspace, this.#rules.capacity);
    this.#apply('settle', (workspace) => admitInOrder(workspace, this.#rules.capacity, this.#now));
    const entered = waited.filter((id) => this.#isSeated(id));
    assert.equal(entered.length > 0, canEnter);
    assert.deepEqual(entered, waited.slice(0, entered.length), 'the person who came first is admitted first');
    assert.ok(!canAdmit(this.#workspace, this.#rules.capacity));
    this.#known.push(...entered);
  }

  /** Nothing happens before the deadline, something at it, and the next one is later. */
  #checkTime(): void {
    assert.ok(nextDeadline(this.#workspace, graceMs) >= this.#now, 'what is over was done');
    // A warning may be due at the very moment at which the call is connected.
    this.#settle();
    const workspace = this.#workspace;
    const deadline = nextDeadline(workspace, graceMs);
    assert.ok(deadline > this.#now);
    assert.equal(settle(workspace, graceMs, Math.min(deadline - 1, Number.MAX_SAFE_INTEGER)).next, workspace);
    if (deadline === Number.POSITIVE_INFINITY) return;
    const { next } = settle(workspace, graceMs, deadline);
    assert.ok(next && next !== workspace, 'something happens at the deadline');
    assert.ok(nextDeadline(next, graceMs) > deadline);
  }

  #checkRecording(): void {
    const { recording, call } = this.#workspace;
    assert.ok(recording === null || recording.call === call?.uid, 'no recording outlasts its call');
  }

  #checkOwnerCanComeBack(): void {
    const { owner } = this.#workspace;
    const result = reattend(this.#workspace, arrivalOf(owner.id, { connection: 'yet another' }), this.#now);
    assert.ok(!isRefusal(result) && result.next, 'the owner can always come back');
    assert.ok(idsOf(result.next).includes(owner.id));
    checkDocument(result.next, this.#rules);
  }

  /** A seated attendee, or one of the last that left. */
  #pick(number: number): string {
    const seated = idsOf(this.#workspace);
    const away = this.#known.filter((id) => !seated.includes(id)).slice(-2);
    const pool = [...seated, ...away];
    return pool[number % pool.length] ?? this.#workspace.owner.id;
  }

  #pickWaiting(number: number): Workspace['waiting'][number] | undefined {
    const { waiting } = this.#workspace;
    return waiting[number % Math.max(1, waiting.length)];
  }

  #isSeated(id: string): boolean {
    return idsOf(this.#workspace).includes(id);
  }

  /** A ring of a user ends with the seat of its sender, and with the call into which it leads. */
  #checkRingsOfUsers(): void {
    const { invites, call } = this.#workspace;
    for (const { ring, from, call: into, until } of invites) {
      assert.equal(ring, until !== null, 'only rings have a time');
      if (!ring) continue;
      assert.ok(this.#isSeated(from.id), 'who rings is seated');
      assert.ok(into === null || into === call?.id, 'a ring leads into the call that is on');
    }
  }

  #newName(): string {
    this.#names += 1;
    return String(this.#names);
  }
}

function idsOf({ attendees }: Workspace): string[] {
  return attendees.map(({ id }) => id);
}

function assertUnique(values: readonly string[], what: string): void {
  assert.equal(new Set(values).size, values.length, `${what} are unique`);
}

/** The invariants of every document. */
function checkDocument(workspace: Workspace, { capacity }: Rules): void {
  const { attendees, owner, call, waiting } = workspace;
  const ids = idsOf(workspace);
  assertUnique([...ids, ...waiting.map(({ id }) => id)], 'seats and places');
  assert.ok(waiting.length <= mostWaiting);
  assert.ok(ids.filter((id) => id !== owner.id).length <= capacity - 1, 'guests leave one place to the owner');
  for (const { connection, droppedAt } of [...attendees, ...waiting]) {
    assert.equal(connection === null, droppedAt !== null, 'a seat is connected, or was dropped at some time');
  }
  if (call) {
    checkTimes(workspace, call);
    const { participants, rings } = call;
    assert.notEqual(participants.length, 0, 'there is no call without participants');
    assertUnique(participants, 'participants');
    assertUnique(
      rings.map(({ caller, callee }) => `${caller} ${callee}`),
      'rings',
    );
    for (const id of participants) assert.ok(ids.includes(id), 'participants are seated');
    for (const { caller, callee } of rings) {
      assert.ok(participants.includes(caller), 'who rings is on the call');
      assert.ok(ids.includes(callee), 'who is rung is seated');
      assert.notEqual(caller, callee);
    }
  }
  assert.deepEqual(workspaceSchema.parse(JSON.parse(JSON.stringify(workspace))), workspace, 'a file keeps all of it');
  assert.deepEqual(Object.keys(attendeesSchema.parse(attendeeRecords(workspace))), ids);
}

/** A call is connected with its second participant, and then ends by its limit or by the budget, whichever is earlier. */
function checkTimes({ callBudgetMs, callUsedMs }: Workspace, call: Call): void {
  const { connectedAt, endsAt, limit, participants } = call;
  assert.ok(connectedAt !== null || participants.length < 2);
  const left = callBudgetMs === null ? Number.POSITIVE_INFINITY : callBudgetMs - callUsedMs;
  const lasts = Math.min(limit.maxMs ?? Number.POSITIVE_INFINITY, left);
  assert.ok(lasts > 0, 'a call that is on has time left');
  const end = connectedAt === null || lasts === Number.POSITIVE_INFINITY ? null : connectedAt + lasts;
  assert.equal(endsAt, end);
}

function hasTimeLeft({ callBudgetMs, callUsedMs }: Workspace): boolean {
  return callBudgetMs === null || callUsedMs < callBudgetMs;
}

/**
 * Users hear of each invite once when it comes, and once when it is over. Somebody who was removed hears of an open one again
 * when the owner invites anew.
 */
function checkUsersHear(before: Workspace, next: Workspace | null, effects: readonly UserEffect[]): void {
  const idsFor = (notice: 'invited' | 'invite-ended') =>
    effects.flatMap((effect) => {
      assert.deepEqual(notices[effect.notice].payload.parse(effect.payload), effect.payload);
      if (effect.notice !== notice) return [];
      const id = effect.notice === 'invited' ? effect.payload.id : effect.payload.invite.id;
      return effect.toUsers.map((user) => `${user} ${id}`);
    });
  const invitesOf = (workspace: Workspace | null) => (workspace?.invites ?? []).map(({ id, user }) => `${user} ${id}`);
  const [former, present] = [invitesOf(before), invitesOf(next)];
  assertUnique(present, 'invites');
  const mayEnterAgain = (user: string) => before.kickedUsers.includes(user) && !next?.kickedUsers.includes(user);
  const again = invitesOf({ ...before, invites: before.invites.filter(({ user }) => mayEnterAgain(user)) });
  const told = idsFor('invited');
  assertUnique(told, 'invites that somebody hears of');
  assert.deepEqual(
    told.filter((each) => !again.includes(each)),
    present.filter((each) => !former.includes(each)),
  );
  assert.deepEqual(idsFor('invite-ended').sort(), former.filter((each) => !present.includes(each)).sort());
}

/** The attendee whom a notice is about, if only the others get it; null: there is none, or it gets the notice too. */
function whomOnlyOthersHear(effect: Effect): string | null {
  switch (effect.notice) {
    case 'attend':
    case 'leave':
      return effect.payload.id;
    case 'presence':
    case 'call-left':
    case 'mic-toggle':
    case 'cam-toggle':
    case 'consent':
      return effect.payload.attendee.id;
    case 'hangup':
      // Time ended the call, and not the owner, who hears it too.
      return effect.payload.reason === undefined ? effect.payload.attendee.id : null;
    case 'ring':
      return effect.payload.caller.id;
    case 'answer':
    case 'busy':
      return effect.payload.callee.id;
    case 'knock':
    case 'knock-ended':
      return effect.payload.waiting.id;
    // These go to their subject too, or are about nobody, or no transition sends them.
    case 'admission':
    case 'alert':
    case 'attendance-granted':
    case 'attendees':
    case 'call-ending':
    case 'call-extended':
    case 'call-joined':
    case 'created':
    case 'destroyed':
    case 'full':
    case 'iceservers':
    case 'icecandidate':
    case 'invitation':
    case 'kicked':
    case 'consultation-closed':
    case 'message':
    case 'negotiation':
    case 're-attendance-granted':
    case 'recording':
    case 'superseded':
    case 'turned-away':
    case 'unanswered':
    case 'waiting':
    case 'invited':
    case 'invite-ended':
    case 'invite-answered':
    case 'inbox-item':
    case 'inbox-seen':
      return null;
    default:
      return effect satisfies never;
  }
}

/** A rung attendee gets a notice when the ring is over; the first generation has fewer notices for that. */
function checkNobodyRingsOn(deed: Deed, before: Workspace, next: Workspace | null, effects: readonly Effect[]): void {
  const callIsOver = next?.call?.id !== before.call?.id;
  const goesOn = (caller: string, callee: string) =>
    !callIsOver && next?.call?.rings.some((ring) => ring.caller === caller && ring.callee === callee);
  for (const { caller, callee } of before.call?.rings ?? []) {
    const rung = before.attendees.find(({ id }) => id === callee);
    const wentOrCameBackItself = next !== null && !next.attendees.some((attendee) => attendee === rung);
    const beganAnewItself = callIsOver && next?.call?.participants.includes(callee);
    const destroyedItItself = deed === 'destroy' && callee === before.owner.id;
    if (goesOn(caller, callee) || wentOrCameBackItself || beganAnewItself || destroyedItItself) continue;
    if (before.call?.participants.includes(callee)) continue;
    const words = ['hangup', 'leave', 'destroyed', ...(rung?.legacy ? [] : ['call-left', 'kicked', 'attend'])];
    const hears = effects.some(
      (effect) =>
        words.includes(effect.notice) &&
        effect.to.includes(callee) &&
        (['destroyed', 'kicked'].includes(effect.notice) || whomOnlyOthersHear(effect) === caller || callIsOver),
    );
    assert.ok(hears, 'who is rung hears that it is over');
  }
}

/** One transition sends nobody the same notice twice. */
function checkToldOnce(effects: readonly Effect[]): void {
  const told = effects.flatMap((effect) => {
    const subject = whomOnlyOthersHear(effect);
    return subject === null ? [] : effect.to.map((id) => `${id} hears ${effect.notice} of ${subject}`);
  });
  assertUnique(told, 'notices');
}

function checkEffect(effect: Effect, seated: ReadonlySet<string>, toSubjectToo: boolean): void {
  const { to, notice, payload } = effect;
  assertUnique(to, 'recipients');
  for (const id of to) assert.ok(seated.has(id), `${notice} goes to somebody seated`);
  const subject = whomOnlyOthersHear(effect);
  if (!toSubjectToo) assert.ok(subject === null || !to.includes(subject), `${notice} goes to the others only`);
  assert.deepEqual(notices[notice].payload.parse(payload), payload, `${notice} is as its schema says`);
}
