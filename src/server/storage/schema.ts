import { z } from 'zod';
import type { Attendee, Call, Profile, Ring, Workspace } from '../domain/workspace.ts';

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
  mic: z.boolean(),
  cam: z.boolean(),
}) satisfies z.ZodType<Attendee>;

const ring = z.object({
  caller: z.string(),
  callee: z.string(),
  until: z.number(),
}) satisfies z.ZodType<Ring>;

const call = z.object({
  id: z.string(),
  startedAt: z.number(),
  participants: z.array(z.string()),
  rings: z.array(ring),
}) satisfies z.ZodType<Call>;

/** A workspace as plain JSON. */
export const workspaceSchema = z.object({
  id: z.string(),
  name: z.string(),
  avatar: z.string(),
  created: z.number(),
  pinHash: z.string().nullable(),
  renewals: z.number().default(0),
  owner: profile,
  attendees: z.array(attendee),
  call: call.nullable(),
  used: z.boolean().default(true),
  rev: z.number(),
  touched: z.number(),
}) satisfies z.ZodType<Workspace>;
