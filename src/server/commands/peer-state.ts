import { refuse } from '../../protocol/errors.ts';
import { find, unchanged } from '../domain/change.ts';
import type { Handler } from './handler.ts';

export const peerState: Handler<'peer-state'> = ({ services, connection, sender }, { peer, state, route, reason }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace) => (find(workspace, peer.id) ? unchanged(workspace) : refuse('NO_SUCH_ATTENDEE')),
  output: ({ id }) => {
    const leftOut = state === 'failed' ? connection.leftOutFor(peer.id) : [];
    const named = leftOut.length > 0 ? { leftOut } : {};
    const report = { workspace: id, attendee: sender.attendee, peer: peer.id, state, route, reason, ...named };
    services.measurements.peerState(state, route, reason);
    services.failedPairs.note(report, services.now());
    services.log.info(report, 'peer state');
    return named;
  },
});
