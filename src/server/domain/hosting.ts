import { isRefusal, type Refusal } from '../../protocol/errors.ts';
import { endForAll } from './call.ts';
import { setCallBudget } from './call-limit.ts';
import { amended, type Change, inSequence, isModern, unchanged } from './change.ts';
import { blank, destroy, kick } from './seat.ts';
import { setAdmission, turnAwayKicked } from './waiting.ts';
import type { Workspace } from './workspace.ts';

// What a host system does to a workspace from outside. Nobody seated did it, so everybody seated hears of it.

/** What a host system says of a workspace when it creates it. */
type Given = Pick<
  Workspace,
  'id' | 'name' | 'avatar' | 'pinHash' | 'owner' | 'ownerUser' | 'externalId' | 'metadata' | 'capacity' | 'callBudgetMs'
> &
  Partial<Pick<Workspace, 'admission'>>;

/** What a host system can change of a workspace. */
export type Revision = Partial<
  Pick<Workspace, 'name' | 'pinHash' | 'admission' | 'metadata' | 'capacity' | 'callBudgetMs'>
>;

/**
 * Creates a workspace whose owner has not come yet. It counts as used, because the host system has given its links away:
 * it does not make room for another one.
 */
export function createEmpty(given: Given, now: number): Change {
  return { next: { ...blank, ...given, used: true, created: now, touched: now }, effects: [], ended: [] };
}

/**
 * Changes a workspace. Seats stay, also those beyond a smaller capacity and those taken with a former PIN. Where nobody has
 * to wait any more, those who do are admitted right after it (`waiting.ts`).
 */
export function revise(workspace: Workspace, { callBudgetMs, admission, ...revision }: Revision, now: number): Change {
  const seated = workspace.attendees.map(({ id }) => id);
  return inSequence<never>(workspace, [
    (current) => ({ ...unchanged(current), next: amended(current, revision, now) }),
    (current) => (admission === undefined ? unchanged(current) : setAdmission(current, admission, seated, now)),
    (current) => (callBudgetMs === undefined ? unchanged(current) : setCallBudget(current, callBudgetMs, now)),
  ]);
}

/** Removes an attendee. */
export function remove(
  workspace: Workspace,
  attendeeId: string,
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'INVALID_PAYLOAD'> {
  const change = inSequence(workspace, [
    (current) => kick(current, attendeeId, now),
    (current) => turnAwayKicked(current, now),
  ]);
  const { owner, attendees } = workspace;
  const kicked = attendees.find(({ id }) => id === attendeeId);
  if (isRefusal(change) || !kicked) return change;
  // An owner with a client of Engine.IO 3 hears it as `leave`, like all of these clients.
  const to = attendees.filter((each) => each.id === owner.id && isModern(each)).map(({ id }) => id);
  const payload = { id: kicked.id, name: kicked.name };
  return { ...change, effects: [...change.effects, { to, notice: 'kicked', payload }] };
}

/** Closes a workspace. */
export function close(workspace: Workspace, reason: 'destroyed' | 'api' = 'api'): Change {
  const to = workspace.attendees.map(({ id }) => id);
  return { ...destroy(workspace, reason), effects: [{ to, notice: 'destroyed', payload: {} }] };
}

/**
 * Ends a call for everybody, as if the owner had hung up.
 * @param uid the server's id of the call; a call with another one goes on
 */
export function endCall(workspace: Workspace, uid: string, now: number): Change {
  const { call } = workspace;
  return call?.uid === uid ? endForAll(workspace, call, 'api', now) : unchanged(workspace);
}
