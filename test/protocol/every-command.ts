import type { CommandName, CommandPayload } from '../../src/protocol/types.ts';
import { answer, candidate, type Owner, offer, type Seat } from '../support/fixtures.ts';

export type Examples = { [Name in CommandName]: { by: 'owner' | 'guest'; payload: CommandPayload<Name> } };

/** Every command as it should be, with all its fields; a command that is missing here does not compile. */
export function examples(owner: Owner, guest: Seat, { pin = '', call = { id: 'call-1' } } = {}): Examples {
  const newcomer = { name: 'Eve', avatar: 'eve.png', session: 'page-1' };
  return {
    create: {
      by: 'guest',
      payload: {
        workspace: { name: 'Room', pin: '1234', avatar: 'room.png' },
        attendee: newcomer,
        session: 'page-1',
        nonce: 'n',
      },
    },
    attend: {
      by: 'guest',
      payload: { workspace: { token: owner.token, pin }, attendee: newcomer, session: 'page-1', nonce: 'n' },
    },
    're-attend': {
      by: 'guest',
      payload: { ...guest.proof, attendee: { id: guest.id, ...newcomer }, session: 'page-1', nonce: 'n' },
    },
    attendees: { by: 'guest', payload: guest.proof },
    leave: { by: 'guest', payload: guest.proof },
    destroy: { by: 'owner', payload: owner.proof },
    kick: { by: 'owner', payload: { ...owner.proof, kickedAttendee: { id: guest.id } } },
    'renew-invitation': { by: 'owner', payload: owner.proof },
    ring: {
      by: 'owner',
      payload: { ...owner.proof, callee: { id: guest.id }, offer, call: { ...call, camMode: 'user' }, nonce: 'n' },
    },
    answer: {
      by: 'guest',
      payload: { ...guest.proof, caller: { id: owner.id }, answer, call: { ...call, camMode: 'user' }, nonce: 'n' },
    },
    busy: { by: 'guest', payload: { ...guest.proof, caller: { id: owner.id }, call } },
    hangup: { by: 'owner', payload: { ...owner.proof, call } },
    'leave-call': { by: 'guest', payload: { ...guest.proof, call } },
    negotiation: { by: 'guest', payload: { ...guest.to(owner), message: { type: 'offer', data: offer } } },
    icecandidate: { by: 'guest', payload: { ...guest.to(owner), candidate } },
    'mic-toggle': { by: 'guest', payload: { ...guest.proof, state: false } },
    'cam-toggle': { by: 'guest', payload: { ...guest.proof, state: false } },
    'peer-state': {
      by: 'guest',
      payload: { ...guest.proof, peer: { id: owner.id }, state: 'connected', route: 'host', reason: 'none' },
    },
    iceservers: { by: 'guest', payload: guest.proof },
  };
}

/** Every command that is refused without a seat, as somebody would send it who has one. */
export function asSeat(guest: Seat, target: Seat, call = { id: 'call-1' }): [CommandName, object][] {
  const { proof } = guest;
  return [
    ['re-attend', proof],
    ['attendees', proof],
    ['leave', proof],
    ['destroy', proof],
    ['kick', { ...proof, kickedAttendee: { id: target.id } }],
    ['renew-invitation', proof],
    ['ring', { ...proof, callee: { id: target.id }, offer, call }],
    ['answer', { ...proof, caller: { id: target.id }, answer, call }],
    ['busy', { ...proof, caller: { id: target.id }, call }],
    ['hangup', { ...proof, call }],
    ['leave-call', { ...proof, call }],
    ['negotiation', { ...guest.to(target), message: { type: 'offer', data: offer } }],
    ['icecandidate', { ...guest.to(target), candidate }],
    ['mic-toggle', { ...proof, state: false }],
    ['cam-toggle', { ...proof, state: false }],
    ['peer-state', { ...proof, peer: { id: target.id }, state: 'connected' }],
  ];
}

/** The path of every field of a payload, at any depth; the first one is the payload itself. */
export function fieldsOf(payload: unknown, path: readonly string[] = []): string[][] {
  const below =
    typeof payload === 'object' && payload !== null
      ? Object.entries(payload).flatMap(([name, value]) => fieldsOf(value, [...path, name]))
      : [];
  return [[...path], ...below];
}

/** A copy of a payload with another value in the place of one field. */
export function withField(payload: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const record = payload as Record<string, unknown>;
  return { ...record, [name]: withField(record[name], rest, value) };
}

/** The code that a reply was refused with; null: it was not. */
export function codeOf(reply: unknown): string | null {
  const { ok, error } = reply as { ok: boolean; error?: { code: string } };
  return ok ? null : (error?.code ?? 'none');
}

/** Throws away what somebody heard so far. */
export function forget(...seats: Seat[]): void {
  for (const { client } of seats) client.received.length = 0;
}
