import type { Workspace } from './workspace.ts';

/**
 * The workspace as it is after the server was down: nobody is connected, and whoever has a seat lost it
 * only now, because the server's outage is not theirs. Hence idle time begins anew wherever there is a
 * seat to come back to.
 *
 * @param now ms since the epoch
 */
export function afterRestart(workspace: Workspace, now: number): Workspace {
  const { attendees, touched, rev } = workspace;
  if (attendees.length === 0) return workspace;
  if (touched >= now && attendees.every((one) => one.connection === null && one.droppedAt === now)) return workspace;
  return {
    ...workspace,
    attendees: attendees.map((one) => ({ ...one, connection: null, droppedAt: now })),
    rev: rev + 1,
    touched: Math.max(touched, now),
  };
}
