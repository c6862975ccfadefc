import { type Refusal, refuse } from '../../protocol/errors.ts';
import { endForAll } from './call.ts';
import { isTimeOver, longest, nextWarning } from './call-time.ts';
import { amended, type Change, type Effect, inSequence, unchanged } from './change.ts';
import type { Call, Workspace } from './workspace.ts';

/** Ends the call whose time is over, for everybody. */
export function endAtLimit(workspace: Workspace, now: number): Change {
  const { call } = workspace;
  const isOver = call?.endsAt != null && call.endsAt <= now;
  if (!call || !(isOver || isTimeOver(workspace, now))) return unchanged(workspace);
  return endForAll(workspace, call, 'time-limit', now);
}

/** Warns the participants that the call ends soon. Where several warnings are late, they hear one. */
export function warn(workspace: Workspace, now: number): Change {
  const { call } = workspace;
  if (!call || call.endsAt === null || nextWarning(call) > now) return unchanged(workspace);
  const { uid, endsAt, participants } = call;
  const warning: Effect = {
    to: participants,
    notice: 'call-ending',
    payload: { call: { id: call.id }, endsAt, serverNow: now },
  };
  return {
    next: amended(workspace, { call: { ...call, warnedAt: now } }, now),
    effects: [warning],
    ended: [],
    events: [{ type: 'call.ending', at: now, data: { call: { id: uid }, endsAt } }],
  };
}

interface Extension {
  /** The id of the call that is on. Without a call it names none, and the extension is for the calls to come. */
  readonly callId: string;
  readonly ms: number;
  /** The attendee who extends it, and so hears of it by the answer; null: nobody in the workspace. */
  readonly by: string | null;
}

/**
 * Has the call end later. Its own limit and the budget of the workspace grow as far as that takes, and no further. Without a
 * call, a budget grows, so that calls are possible again where it was used up. A call without any limit stays as it is.
 */
export function extendCall(
  workspace: Workspace,
  { callId, ms, by }: Extension,
  now: number,
): Change | Refusal<'NO_CALL'> {
  const { call, callBudgetMs: budget, callUsedMs: used } = workspace;
  if (!call) {
    if (budget === null) return refuse('NO_CALL');
    return { ...unchanged(workspace), next: amended(workspace, { callBudgetMs: Math.max(budget, used) + ms }, now) };
  }
  if (call.id !== callId) return refuse('NO_CALL');
  const lasts = longest(workspace, call.limit);
  if (lasts === null) return unchanged(workspace);
  const { maxMs } = call.limit;
  const limit = { ...call.limit, maxMs: maxMs === null ? null : Math.max(maxMs, lasts + ms) };
  const callBudgetMs = budget === null ? null : Math.max(budget, used + lasts + ms);
  return retimed(workspace, { call: { ...call, limit }, callBudgetMs }, by, now);
}

/**
 * Gives the calls of a workspace another budget. A call that is on ends earlier or later by it; one that has lasted for
 * longer than the new budget ends at once.
 * @param budgetMs ms for all calls together, those before included; null: as long as they like
 */
export function setCallBudget(workspace: Workspace, budgetMs: number | null, now: number): Change {
  const { call } = workspace;
  if (budgetMs === workspace.callBudgetMs) return unchanged(workspace);
  if (!call) return { ...unchanged(workspace), next: amended(workspace, { callBudgetMs: budgetMs }, now) };
  return inSequence<never>(workspace, [
    (current) => retimed(current, { call, callBudgetMs: budgetMs }, null, now),
    (current) => endAtLimit(current, now),
  ]);
}

/** Computes the end of the call anew, and tells its participants. Warnings whose time is over now count as given. */
function retimed(
  workspace: Workspace,
  { call, callBudgetMs }: { call: Call; callBudgetMs: number | null },
  by: string | null,
  now: number,
): Change {
  const { connectedAt } = call;
  const lasts = longest({ ...workspace, callBudgetMs }, call.limit);
  // What has passed already stays true: the new end is no earlier than now.
  const endsAt = connectedAt === null || lasts === null ? null : Math.max(connectedAt + lasts, now);
  const warnedAt = connectedAt === null ? null : now;
  const next = amended(workspace, { call: { ...call, endsAt, warnedAt }, callBudgetMs }, now);
  const told: Effect = {
    to: call.participants.filter((id) => id !== by),
    notice: 'call-extended',
    payload: { call: { id: call.id }, endsAt, serverNow: now },
  };
  return { next, effects: connectedAt === null ? [] : [told], ended: [] };
}
