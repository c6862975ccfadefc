import { amended, type Change, type Effect, isModern, others, unchanged } from './change.ts';
import type { NumberedEvent } from './events.ts';
import { attendeeRecord } from './view.ts';
import type { Consultation, Workspace } from './workspace.ts';

/** What stands where the name of an erased user stood. */
export const REMOVED = 'removed';

/**
 * Takes the name and the avatar of a user out of a workspace, and out of its events that the records do not have yet. The
 * seat stays, and the id, by which calls are billed.
 */
export function withoutUser(workspace: Workspace, userId: string, now: number): Change {
  const nameless = <Person extends { name: string; avatar: string }>(person: Person): Person => ({
    ...person,
    name: REMOVED,
    avatar: '',
  });
  const attendees = workspace.attendees.map((each) => (each.user === userId ? nameless(each) : each));
  const patch = {
    attendees,
    owner: workspace.ownerUser === userId ? nameless(workspace.owner) : workspace.owner,
    waiting: workspace.waiting.map((each) => (each.user === userId ? nameless(each) : each)),
    invites: workspace.invites.map((invite) =>
      invite.from.user === userId ? { ...invite, from: { ...invite.from, name: REMOVED } } : invite,
    ),
    consultation: workspace.consultation && withoutPerson(workspace.consultation, userId),
    outbox: workspace.outbox.map((event) => withoutName(event, userId)),
  };
  const isThere = Object.entries(patch).some(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(workspace[name as keyof typeof patch]),
  );
  if (!isThere) return unchanged(workspace);
  const next = amended(workspace, patch, now);
  const effects = attendees
    .filter(({ user }) => user === userId)
    .map(
      (attendee): Effect => ({
        to: others(next, attendee.id, isModern),
        notice: 'attend',
        payload: attendeeRecord(next, attendee),
      }),
    );
  return { next, effects, ended: [] };
}

function withoutPerson(consultation: Consultation, userId: string): Consultation {
  const { provider, clients } = consultation;
  const nameless = (user: typeof provider) => (user.id === userId ? { ...user, name: REMOVED } : user);
  return { ...consultation, provider: nameless(provider), clients: clients.map(nameless) };
}

function withoutName(event: NumberedEvent, userId: string): NumberedEvent {
  const isPerson = (value: unknown): value is { name: string } =>
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'user' in value &&
    (value.user as { id?: unknown } | null)?.id === userId;
  const data = Object.fromEntries(
    Object.entries(event.data).map(([name, value]) => [name, isPerson(value) ? { ...value, name: REMOVED } : value]),
  );
  return { ...event, data } as NumberedEvent;
}
