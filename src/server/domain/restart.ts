import type { Workspace } from './workspace.ts';

/**
 * The workspace after a restart of the server: no seat has a connection, and every grace time begins now, because the
 * server was down and not the clients. The idle time begins anew where there is a seat to come back to.
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
