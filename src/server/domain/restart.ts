import type { Workspace } from './workspace.ts';

/**
 * The workspace after a restart of the server: nobody has a connection, and every grace time begins now, because the
 * server was down and not the clients. The idle time begins anew where there is a seat or a place to come back to.
 *
 * @param now ms since the epoch
 */
export function afterRestart(workspace: Workspace, now: number): Workspace {
  const { attendees, waiting, touched, rev } = workspace;
  const people = [...attendees, ...waiting];
  if (people.length === 0) return workspace;
  if (touched >= now && people.every((one) => one.connection === null && one.droppedAt === now)) return workspace;
  const lost = { connection: null, droppedAt: now };
  return {
    ...workspace,
    attendees: attendees.map((one) => ({ ...one, ...lost, admitted: one.admitted && { ...one.admitted, at: now } })),
    waiting: waiting.map((one) => ({ ...one, ...lost })),
    rev: rev + 1,
    touched: Math.max(touched, now),
  };
}
