import { type Refusal, refuse } from '../../protocol/errors.ts';
import { type Inviting, isBusyIn } from '../domain/invites.ts';
import { isKicked } from '../domain/seat.ts';
import { inviteRecord } from '../domain/view.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import type { Users } from '../users/users.ts';
import type { UserConnections } from '../workspaces/user-connections.ts';
import type { Context } from './handler.ts';

// The parts that commands share which are about other users.

const NO_USERS = 'There are no users on this server. Share the link instead.';
const ONESELF = 'You cannot call yourself. Check whom you meant.';

/** The id of the user whom somebody means. @throws StoreAway */
export async function invitee(
  { services: { users }, user }: Pick<Context, 'services' | 'user'>,
  given: string,
): Promise<string | Refusal<'NOT_ALLOWED' | 'NO_SUCH_USER' | 'INVALID_PAYLOAD'>> {
  if (users === null) return refuse('NOT_ALLOWED', {}, NO_USERS);
  const id = users.idOf(given);
  if (id === user?.id) return refuse('INVALID_PAYLOAD', { field: 'user.id' }, ONESELF);
  return (await isUnknown(users, id, user !== null)) ? refuse('NO_SUCH_USER') : id;
}

/** Only who is a user hears that there is nobody of that name. */
async function isUnknown(users: Users, id: string, mayKnow: boolean): Promise<boolean> {
  return id === '' || (mayKnow && !(await users.exists(id)));
}

/** The workspaces in which a user has a seat or an invite. @throws StoreError */
export async function workspacesOf({ store }: Services, user: string): Promise<Workspace[]> {
  const ids = await store.ofUser(user);
  const workspaces = await Promise.all(ids.map((id) => store.get(id)));
  return workspaces.filter((workspace) => workspace !== null);
}

/** Whether somebody can be rung. @throws StoreError */
export async function presenceOf(
  services: Services,
  userConnections: UserConnections,
  user: string,
): Promise<Inviting['presence']> {
  const workspaces = await workspacesOf(services, user);
  if (workspaces.some((workspace) => isBusyIn(workspace, user))) return 'busy';
  return (await userConnections.isConnected(user)) ? 'here' : 'away';
}

/** The invites of a user that are open, and that the user may accept. @throws StoreError */
export async function openInvites(services: Services, user: string) {
  const now = services.now();
  const workspaces = (await workspacesOf(services, user)).filter((workspace) => !isKicked(workspace, user));
  return workspaces.flatMap((workspace) =>
    workspace.invites
      .filter((invite) => invite.user === user && (invite.until === null || invite.until > now))
      .map((invite) => inviteRecord(workspace, invite, services.tokens.invite(workspace.id, invite.id))),
  );
}
