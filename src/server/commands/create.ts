import { refuse } from '../../protocol/errors.ts';
import { create as createWorkspace } from '../domain/seat.ts';
import { newWorkspaceRecord, recordOf } from '../domain/view.ts';
import { userRoom } from '../transport/user-rooms.ts';
import { anonymous, arrivalOf, iceServersFor, newId, profileOf, sessionOf } from './arrival.ts';
import type { Handler } from './handler.ts';

const CREATES_NONE = 'Your sign-in is good for one workspace alone, so you cannot create another one.';

export const create: Handler<'create'> = async (context, input) => {
  const { services, address, user } = context;
  if (user !== null && user.workspace !== null) return refuse('NOT_ALLOWED', {}, CREATES_NONE);
  // Before anything is computed: a PIN to hash costs a thread 50 ms.
  const limited = await services.limitCreates(user === null ? address : userRoom(user.id));
  if (limited) return limited;
  const { settings } = services.config;
  const id = newId(settings);
  const owner = profileOf(newId(settings), input.attendee, anonymous(settings), user);
  const { name, avatar } = profileOf(id, input.workspace, {
    name: settings.untitled_workspace,
    avatar: settings.default_workspace_avatar,
  });
  const { pin, admission } = input.workspace;
  const pinHash = pin ? await services.pins.hash(id, pin) : null;
  if (pinHash !== null && typeof pinHash !== 'string') return pinHash;

  return {
    workspace: id,
    seats: owner.id,
    iceServers: await iceServersFor(services, owner.id),
    creates: (now) =>
      createWorkspace({ id, name, avatar, pinHash, admission }, arrivalOf(context, owner, sessionOf(input)), now),
    output: (workspace) => ({
      workspace: {
        ...newWorkspaceRecord(workspace),
        token: services.tokens.invitation(workspace, workspace.created),
      },
      attendee: recordOf(workspace, owner.id),
      accessToken: services.tokens.access(id, owner.id, workspace.created),
      nonce: input.nonce,
    }),
  };
};
