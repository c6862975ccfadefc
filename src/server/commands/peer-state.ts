import { refuse } from '../../protocol/errors.ts';
import { find, unchanged } from '../domain/change.ts';
import { type Handler, nothing } from './handler.ts';

export const peerState: Handler<'peer-state'> = ({ services, sender }, { peer, state, route, reason }) => ({
  workspace: sender.workspace,
  decide: (workspace) => {
    if (!find(workspace, peer.id)) return refuse('NO_SUCH_ATTENDEE');
    services.log.info(
      { workspace: workspace.id, attendee: sender.attendee, peer: peer.id, state, route, reason },
      'peer state',
    );
    return unchanged(workspace);
  },
  output: nothing,
});
