import { refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { create as createWorkspace } from '../domain/seat.ts';
import { newWorkspaceRecord, recordOf } from '../domain/view.ts';
import type { Services } from '../services.ts';
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
  const described = await description(services, id, input);
  if ('refused' in described) return described;

  return {
    workspace: id,
    seats: owner.id,
    iceServers: await iceServersFor(services, owner.id),
    creates: (now) => createWorkspace(described, arrivalOf(context, owner, sessionOf(input)), now),
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

/** What the creator says of the workspace, with the settings where nothing is said. */
async function description({ config, pins }: Services, id: string, { workspace }: CommandInput<'create'>) {
  const { untitled_workspace, default_workspace_avatar } = config.settings;
  const { pin, admission } = workspace;
  const { name, avatar } = profileOf(id, workspace, { name: untitled_workspace, avatar: default_workspace_avatar });
  const pinHash = pin ? await pins.hash(id, pin) : null;
  if (pinHash !== null && typeof pinHash !== 'string') return pinHash;
  return { id, name, avatar, pinHash, admission };
}
