import type { Call, CallLimit, Workspace } from './workspace.ts';

// The time of calls, as the document has it: how long the present one may last, and what the workspace has left for all of
// its calls. Nothing here starts a timer, so neither a restart nor a killed node gives anybody more time.

/** A minute, ms. */
export const MINUTE = 60_000;

type Budget = Pick<Workspace, 'call' | 'callBudgetMs' | 'callUsedMs'>;

/** The time for calls that so many minutes are, ms; null: no limit. The store and the wire take whole ms alone. */
export function budgetOf(minutes: number | null | undefined): number | null {
  return minutes == null ? null : Math.round(minutes * MINUTE);
}

/** When a call that is over ended: no call lasts beyond its end, however late somebody looks. Times in ms since the epoch. */
export function endedAt({ endsAt }: Call, now: number): number {
  return endsAt === null ? now : Math.min(endsAt, now);
}

/** For how long the calls of a workspace were connected, all together and the present one included, ms. */
export function usedMs({ call, callUsedMs }: Budget, now: number): number {
  if (call === null || call.connectedAt === null) return callUsedMs;
  return callUsedMs + Math.max(0, endedAt(call, now) - call.connectedAt);
}

/** Whether the budget of a workspace is used up. */
export function isTimeOver(workspace: Budget, now: number): boolean {
  return workspace.callBudgetMs !== null && usedMs(workspace, now) >= workspace.callBudgetMs;
}

/** What the calls of a workspace have used after a change of its call: the time of a call counts once that call is over. */
export function usedAfter(before: Budget, call: Call | null, now: number): number {
  return before.call !== null && before.call.uid !== call?.uid ? usedMs(before, now) : before.callUsedMs;
}

/** The call, which is connected from the moment at which the second participant is on it. From then on its time counts. */
export function connected(workspace: Budget, call: Call, now: number): Call {
  if (call.connectedAt !== null || call.participants.length < 2) return call;
  const lasts = longest(workspace, call.limit);
  return { ...call, connectedAt: now, endsAt: lasts === null ? null : now + lasts };
}

/** How long the present call may be connected, ms: by its own limit or by the budget, whichever is less; null: no limit. */
export function longest(
  { callBudgetMs, callUsedMs }: Pick<Budget, 'callBudgetMs' | 'callUsedMs'>,
  { maxMs }: CallLimit,
): number | null {
  if (callBudgetMs === null) return maxMs;
  const left = Math.max(0, callBudgetMs - callUsedMs);
  return maxMs === null ? left : Math.min(maxMs, left);
}

/**
 * When the participants are warned next that their call ends, in ms since the epoch; Infinity: not again. A warning that
 * would come before the call was connected is left out.
 */
export function nextWarning({ connectedAt, endsAt, warnedAt, limit }: Call): number {
  if (connectedAt === null || endsAt === null) return Number.POSITIVE_INFINITY;
  const times = limit.warningsMs.map((ms) => endsAt - ms);
  const isAhead = (at: number) => at < endsAt && (warnedAt === null ? at >= connectedAt : at > warnedAt);
  return Math.min(...times.filter(isAhead), Number.POSITIVE_INFINITY);
}
