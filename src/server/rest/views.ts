import { z } from 'zod';
import type { AttendeeRecord } from '../../protocol/types.ts';
import { MINUTE, usedMs } from '../domain/call-time.ts';
import { attendeeRecord, callRecord } from '../domain/view.ts';
import type { Attendee, Workspace } from '../domain/workspace.ts';

// How the API shows what the server knows. Times are in ms since the epoch.

const time = z.number().int();
const user = z.object({ id: z.string() }).nullable();

export const workspaceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: z.object({ id: z.string(), name: z.string(), user }),
    externalId: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    hasPin: z.boolean(),
    capacity: z.number().int(),
    admission: z.enum(['open', 'ask']).meta({ description: 'ask: newcomers wait until the owner admits them.' }),
    attendeeCount: z.number().int(),
    waitingCount: z.number().int().meta({ description: 'How many people wait to be admitted.' }),
    callMinutes: z.number().nullable().meta({ description: 'For all calls together; null: as long as they like.' }),
    callMinutesUsed: z.number().meta({ description: 'Since two were connected, of all calls together.' }),
    call: z
      .object({ id: z.string(), startedAt: time, connectedAt: time.nullable(), endsAt: time.nullable() })
      .nullable(),
    createdAt: z.number().int(),
    rev: z.number().int(),
  })
  .meta({ id: 'Workspace' });

/**
 * @param most the seats that a workspace has where it says nothing itself
 * @param now ms since the epoch
 */
export function workspaceView(workspace: Workspace, most: number, now: number): z.input<typeof workspaceSchema> {
  const { id, name, owner, ownerUser, externalId, metadata, pinHash, capacity, attendees, call, created, rev } =
    workspace;
  return {
    id,
    name,
    owner: { id: owner.id, name: owner.name, user: userView(ownerUser) },
    externalId,
    metadata,
    hasPin: pinHash !== null,
    capacity: Math.min(capacity ?? most, most),
    admission: workspace.admission,
    attendeeCount: attendees.length,
    waitingCount: workspace.waiting.length,
    callMinutes: workspace.callBudgetMs === null ? null : workspace.callBudgetMs / MINUTE,
    callMinutesUsed: usedMs(workspace, now) / MINUTE,
    call: call && { ...callRecord(call), id: call.uid },
    createdAt: created,
    rev,
  };
}

/** What people see of an attendee and host systems do not: the session names a page to the other pages. */
type Unshown = 'session';

// The compiler names a member that is neither shown here nor unshown above.
export const attendeeSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    avatar: z.string(),
    user,
    owner: z.boolean(),
    connected: z.boolean(),
    onCall: z.boolean(),
    mic: z.boolean(),
    cam: z.boolean(),
  } satisfies Record<Exclude<keyof AttendeeRecord, Unshown>, z.ZodType>)
  .meta({ id: 'Attendee' });

export function attendeeView(workspace: Workspace, attendee: Attendee): z.input<typeof attendeeSchema> {
  return { ...attendeeRecord(workspace, attendee), user: userView(attendee.user) };
}

export const linkSchema = z.object({ url: z.string(), token: z.string() }).meta({ id: 'Link' });

function userView(id: string | null): { id: string } | null {
  return id === null ? null : { id };
}
