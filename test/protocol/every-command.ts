import { type Access, commandTable } from '../../src/protocol/commands.ts';
import type { CommandName, CommandPayload } from '../../src/protocol/types.ts';
import { answer, candidate, type Owner, offer, type Seat } from '../support/fixtures.ts';

/** The values that a payload needs beside the two people: the invitation, its PIN, and the call. */
interface Circumstances {
  token: string;
  pin: string;
  call: { id: string };
}

const newcomer = { name: 'Eve', avatar: 'eve.png', session: 'page-1' };

/**
 * Every command with all its fields, as `sender` would send it to, or about, somebody else. A command that is missing
 * here does not compile. All tests of access, wrong payloads and hostile input take their commands from here.
 */
const samples: {
  [Name in CommandName]: (sender: Seat, other: Seat, circumstances: Circumstances) => CommandPayload<Name> & object;
} = {
  create: () => ({
    workspace: { name: 'Room', pin: '1234', avatar: 'room.png', admission: 'open' },
    attendee: newcomer,
    session: 'page-1',
    nonce: 'n',
  }),
  attend: (_sender, _other, { token, pin }) => ({
    workspace: { token, pin },
    attendee: newcomer,
    session: 'page-1',
    nonce: 'n',
  }),
  're-attend': ({ id, proof }) => ({ ...proof, attendee: { id, ...newcomer }, session: 'page-1', nonce: 'n' }),
  'sign-in': () => ({ name: 'Eve', registration: 'registration' }),
  'sign-out': () => ({}),
  inbox: () => ({ before: 9, limit: 10 }),
  'inbox-seen': () => ({ upTo: 0 }),
  invite: ({ proof }) => ({ ...proof, user: { id: 'somebody' }, ring: true, media: 'audio' }),
  'cancel-invite': ({ proof }) => ({ ...proof, invite: { id: '_nothing' } }),
  decline: () => ({ invite: { id: '_nothing' }, reason: 'declined' }),
  dial: () => ({ user: { id: 'somebody' }, media: 'video', nonce: 'n', session: 'page-1' }),
  attendees: ({ proof }) => proof,
  leave: ({ proof }) => proof,
  destroy: ({ proof }) => proof,
  kick: ({ proof }, { id }) => ({ ...proof, kickedAttendee: { id }, renewInvitation: false }),
  'renew-invitation': ({ proof }) => proof,
  admission: ({ proof }) => ({ ...proof, admission: 'open' }),
  admit: ({ proof }, { id }) => ({ ...proof, waiting: { id } }),
  'turn-away': ({ proof }, { id }) => ({ ...proof, waiting: { id } }),
  'give-up': () => ({}),
  ring: ({ proof }, { id }, { call }) => ({
    ...proof,
    callee: { id },
    offer,
    call: { ...call, camMode: 'user' },
    nonce: 'n',
  }),
  answer: ({ proof }, { id }, { call }) => ({
    ...proof,
    caller: { id },
    answer,
    call: { ...call, camMode: 'user' },
    nonce: 'n',
  }),
  busy: ({ proof }, { id }, { call }) => ({ ...proof, caller: { id }, call }),
  hangup: ({ proof }, _other, { call }) => ({ ...proof, call }),
  'leave-call': ({ proof }, _other, { call }) => ({ ...proof, call }),
  'extend-call': ({ proof }, _other, { call }) => ({ ...proof, call, seconds: 60 }),
  negotiation: (sender, other) => ({ ...sender.to(other), message: { type: 'offer', data: offer } }),
  icecandidate: (sender, other) => ({ ...sender.to(other), candidate }),
  'open-consultation': () => ({
    subject: 'Knee',
    clients: [{ id: 'bob' }],
    externalId: 'a-1',
    callMinutes: 30,
    admission: 'ask',
    session: 'page-1',
    nonce: 'n',
  }),
  'close-consultation': () => ({ consultation: { id: 'cons_1' } }),
  consultations: () => ({ status: 'open', before: 1, limit: 10 }),
  consultation: () => ({ consultation: { id: 'cons_1' } }),
  message: ({ proof }) => ({ ...proof, messageId: 'm-1', text: 'Hello' }),
  messages: ({ proof }) => ({ ...proof, after: 0, limit: 10 }),
  'start-recording': ({ proof }) => proof,
  'stop-recording': ({ proof }) => ({ ...proof, recording: { id: '_nothing' } }),
  consent: ({ proof }) => ({ ...proof, recording: { id: '_nothing' }, given: true, text: '1' }),
  recordings: ({ proof }) => proof,
  'recording-part': ({ proof }) => ({
    ...proof,
    recording: { id: '_nothing' },
    part: 'part-1',
    mimeType: 'video/webm;codecs=vp8,opus',
    startedAt: 1,
    source: 'screen',
  }),
  'mic-toggle': ({ proof }) => ({ ...proof, state: false }),
  'cam-toggle': ({ proof }) => ({ ...proof, state: false }),
  'peer-state': ({ proof }, { id }) => ({
    ...proof,
    peer: { id },
    state: 'connected',
    route: 'host',
    reason: 'none',
  }),
  iceservers: ({ proof }) => proof,
};

const access: { [Name in CommandName]: { access: Access } } = commandTable({ name: 100, avatar: 8192, message: 4000 });

/** The names of all commands. */
export const commandNames = Object.keys(samples) as CommandName[];

/** The sender with access to a command. */
function senderOf(command: CommandName): 'owner' | 'guest' {
  return ['owner', 'caller'].includes(access[command].access) ? 'owner' : 'guest';
}

export type Examples = { [Name in CommandName]: { by: 'owner' | 'guest'; payload: CommandPayload<Name> } };

/** Every command with all its fields, as an attendee with access sends it. */
export function examples(owner: Owner, guest: Seat, { pin = '', call = { id: 'call-1' } } = {}): Examples {
  const circumstances = { token: owner.token, pin, call };
  return Object.fromEntries(
    commandNames.map((name) => {
      const by = senderOf(name);
      const [sender, other] = by === 'owner' ? [owner, guest] : [guest, owner];
      return [name, { by, payload: samples[name](sender, other, circumstances) }];
    }),
  ) as unknown as Examples;
}

/** Every command that needs a seat, as an attendee with a seat sends it. */
export function asSeat(guest: Seat, target: Seat, call = { id: 'call-1' }): [CommandName, object][] {
  return commandNames
    .filter((name) => !['anyone', 'user'].includes(access[name].access))
    .map((name) => [name, samples[name](guest, target, { token: '', pin: '', call })]);
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

/** The code that refuses a reply; null: it is not refused. */
export function codeOf(reply: unknown): string | null {
  const { ok, error } = reply as { ok: boolean; error?: { code: string } };
  return ok ? null : (error?.code ?? 'none');
}

/** Throws away what these people heard so far. */
export function forget(...seats: Seat[]): void {
  for (const { client } of seats) client.received.length = 0;
}
