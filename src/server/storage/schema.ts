import { z } from 'zod';
import { call as describedCall, sessionDescription } from '../../protocol/schemas.ts';
import type { NumberedEvent } from '../domain/events.ts';
import type {
  Attendee,
  Call,
  CallLimit,
  Consent,
  Consultation,
  Invite,
  Leg,
  Profile,
  Recording,
  Ring,
  RingPayload,
  WaitingPerson,
  Workspace,
} from '../domain/workspace.ts';

// The document as a store reads it back. Unknown keys are stripped. A key that is added to the document needs a default
// here, or documents that were written before it count as corrupt.

const profile = z.object({
  id: z.string(),
  name: z.string(),
  avatar: z.string(),
}) satisfies z.ZodType<Profile>;

const attendee = profile.extend({
  session: z.string().nullable(),
  connection: z.string().nullable(),
  droppedAt: z.number().nullable(),
  legacy: z.boolean(),
  user: z.string().nullable().default(null),
  admitted: z.object({ session: z.string(), at: z.number() }).nullable().default(null),
  mic: z.boolean(),
  cam: z.boolean(),
}) satisfies z.ZodType<Attendee>;

const waitingPerson = profile.extend({
  session: z.string().nullable(),
  connection: z.string().nullable(),
  droppedAt: z.number().nullable(),
  user: z.string().nullable(),
  since: z.number(),
}) satisfies z.ZodType<WaitingPerson>;

const ringPayload = z.object({
  offer: sessionDescription,
  call: describedCall,
  nonce: z.string(),
}) satisfies z.ZodType<RingPayload>;

const ring = z.object({
  caller: z.string(),
  callee: z.string(),
  until: z.number(),
  payload: ringPayload.nullable().default(null),
}) satisfies z.ZodType<Ring>;

const leg = z.object({
  attendee: z.string(),
  user: z.string().nullable(),
  joinedAt: z.number(),
  leftAt: z.number().nullable(),
}) satisfies z.ZodType<Leg>;

const limit = z.object({
  maxMs: z.number().nullable(),
  warningsMs: z.array(z.number()),
}) satisfies z.ZodType<CallLimit>;

const call = z.object({
  id: z.string(),
  uid: z.string().default(''),
  startedAt: z.number(),
  connectedAt: z.number().nullable().default(null),
  endsAt: z.number().nullable().default(null),
  warnedAt: z.number().nullable().default(null),
  limit: limit.default({ maxMs: null, warningsMs: [] }),
  legs: z.array(leg).default([]),
  participants: z.array(z.string()),
  rings: z.array(ring),
}) satisfies z.ZodType<Call>;

const invite = z.object({
  id: z.string(),
  user: z.string(),
  from: z.object({ id: z.string(), name: z.string(), user: z.string().nullable() }),
  ring: z.boolean(),
  media: z.enum(['audio', 'video']),
  until: z.number().nullable(),
  call: z.string().nullable(),
  consultation: z.string().nullable(),
}) satisfies z.ZodType<Invite>;

const userName = z.object({ id: z.string(), name: z.string() });

const consultation = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  subject: z.string(),
  provider: userName,
  clients: z.array(userName),
}) satisfies z.ZodType<Consultation>;

const consent = z.object({
  attendee: z.string(),
  given: z.boolean(),
  text: z.string(),
  at: z.number(),
  // Former versions did not count.
  changes: z.number().default(1),
}) satisfies z.ZodType<Consent>;

const recording = z.object({
  id: z.string(),
  call: z.string(),
  startedAt: z.number(),
  startedBy: z.string().nullable(),
  consents: z.array(consent),
}) satisfies z.ZodType<Recording>;

/** Events are as this server wrote them: their data is not looked at again. */
const event = z.custom<NumberedEvent>((value) => typeof value === 'object' && value !== null && 'seq' in value);

/** A workspace as plain JSON. */
export const workspaceSchema = z.object({
  id: z.string(),
  name: z.string(),
  avatar: z.string(),
  created: z.number(),
  pinHash: z.string().nullable(),
  renewals: z.number().default(0),
  admission: z.enum(['open', 'ask']).default('open'),
  owner: profile,
  attendees: z.array(attendee),
  waiting: z.array(waitingPerson).default([]),
  call: call.nullable(),
  recording: recording.nullable().default(null),
  used: z.boolean().default(true),
  ownerUser: z.string().nullable().default(null),
  kickedUsers: z.array(z.string()).default([]),
  invites: z.array(invite).default([]),
  dialled: z.boolean().default(false),
  externalId: z.string().nullable().default(null),
  metadata: z.record(z.string(), z.string()).default({}),
  capacity: z.number().nullable().default(null),
  callBudgetMs: z.number().nullable().default(null),
  callUsedMs: z.number().default(0),
  consultation: consultation.nullable().default(null),
  closed: z.number().nullable().default(null),
  seq: z.number().default(0),
  outbox: z.array(event).default([]),
  rev: z.number(),
  touched: z.number(),
}) satisfies z.ZodType<Workspace>;
