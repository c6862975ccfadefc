import { setTimeout as sleep } from 'node:timers/promises';
import { INBOX_PAGE } from '../../protocol/commands.ts';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { withoutUser } from '../domain/former-user.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { hasSeat } from '../transport/seat-rooms.ts';
import { itemRecord } from '../users/inbox-item.ts';
import type { SignedInUser } from '../users/user.ts';
import type { Context, Handler } from './handler.ts';
import { openInvites } from './invitees.ts';

/** So often the records are asked for a workspace, with this pause between, ms. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 50;

const NO_USERS = 'Nobody can sign in on this server. Join with a link instead.';
const NO_NAME = 'Nobody can sign in without a name. Enter yours and try again.';
const SEATED = 'You are seated as somebody else. Leave first, or open another window to sign in.';

export const signIn: Handler<'sign-in'> = async (context, input) => {
  const { services, connection, userConnections, commits } = context;
  const identity = await identified(context, input);
  if ('refused' in identity) return identity;
  const user = await placed(services, identity.user);
  if ('refused' in user) return user;
  const { id, name, avatar } = user;
  await services.records?.users.note({ id, name, picture: avatar }, services.now());
  const endWait = await userConnections.signIn(connection, user);
  const { expiresAt, registration } = identity;
  await commits.recorded();
  const news = await newsOf(services, id).catch((error: unknown) => {
    userConnections.signOut(connection);
    endWait();
    throw error;
  });
  return {
    output: {
      ...signedInAs(services, user),
      ...(registration === undefined ? {} : { registration }),
      expiresAt,
      ...news,
      serverNow: services.now(),
    },
    afterReply: endWait,
  };
};

/** Who signs in. Nothing is left to the holder of a name of the one who had it before. @throws StoreError */
async function identified({ services, connection, commits, address }: Context, input: CommandInput<'sign-in'>) {
  const { users } = services;
  if (users === null) return refuse('NOT_ALLOWED', {}, NO_USERS);
  // A seat stays that of the user who took it.
  if (connection.hasSignedIn && hasSeat(connection.socket)) return refuse('NOT_ALLOWED', {}, SEATED);
  const wrong = whatIsMissing(input, services.config.users?.kind === 'open');
  if (wrong) return wrong;
  const identity = await users.identify(input, address);
  if ('refused' in identity) return identity;
  const isNew = identity.registration !== undefined && identity.registration !== input.registration;
  if (isNew) await forgetFormer({ services, commits }, identity.user.id);
  return identity;
}

/** The user as the user's own client sees it, with the link of the workspace for which the host system signed. */
function signedInAs({ tokens }: Services, { id, name, avatar, workspace, record }: SignedInUser) {
  return {
    user: { id, name, ...(avatar === null ? {} : { avatar }), ...(record === null ? {} : { record }) },
    ...(workspace === null ? {} : { workspace: { id: workspace, token: tokens.personalLink(workspace, id, null) } }),
  };
}

/** Leaves nothing of the former holder of a name to the new one. @throws StoreError */
async function forgetFormer({ services, commits }: Pick<Context, 'services' | 'commits'>, id: string): Promise<void> {
  const decide = (workspace: Workspace, now: number) => withoutUser(workspace, id, now);
  for (const workspace of await services.store.ofUser(id)) {
    await commits.change<never>(workspace, { as: null, decide, durability: 'required' });
  }
}

/** One of the two ways to sign in, and not both. */
function whatIsMissing(
  { userToken, name }: CommandInput<'sign-in'>,
  isOpen: boolean,
): Refusal<'INVALID_PAYLOAD'> | null {
  if (userToken !== undefined && name === undefined) return null;
  if (userToken === undefined && name) return null;
  if (userToken === undefined && name === '' && isOpen) return refuse('INVALID_PAYLOAD', { field: 'name' }, NO_NAME);
  return refuse('INVALID_PAYLOAD', { field: 'userToken' }, 'A sign-in takes a user token or a name, and not both.');
}

/** The user with the id of the workspace for which the host system signed, itself or by its consultation. */
async function placed(services: Services, user: SignedInUser): Promise<SignedInUser | Refusal<'WORKSPACE_GONE'>> {
  if (user.workspace === null && user.consultation !== null) return inConsultation(services, user, user.consultation);
  if (user.workspace === null) return user;
  const id = await workspaceId(services, user.workspace);
  return id === null ? refuse('WORKSPACE_GONE') : { ...user, workspace: id };
}

async function inConsultation(
  { store, records }: Services,
  user: SignedInUser,
  given: string,
): Promise<SignedInUser | Refusal<'WORKSPACE_GONE'>> {
  const { consultations } = records ?? {};
  const consultation = (await consultations?.get({ id: given })) ?? (await consultations?.get({ externalId: given }));
  if (!consultation || !(await store.get(consultation.workspaceId))) return refuse('WORKSPACE_GONE');
  return { ...user, workspace: consultation.workspaceId };
}

/** The id of a workspace, by its id or by the one that the host system gave it; null where there is none. */
async function workspaceId({ store, records }: Services, given: string): Promise<string | null> {
  if (await store.get(given)) return given;
  // The records hear of a new workspace a moment after it is there.
  for (let looks = 1; records !== null && looks <= LOOKS; looks += 1) {
    const record = await records.workspaces.byExternalId(given);
    if (record) return record.closedAt === null && (await store.get(record.id)) ? record.id : null;
    await sleep(LOOK_AGAIN_MS);
  }
  return null;
}

/** What waits for a user who signs in. */
async function newsOf(services: Services, user: string) {
  const { records } = services;
  const [invites, page, unseen] = await Promise.all([
    openInvites(services, user),
    records?.inboxes.page(user, { limit: INBOX_PAGE }),
    records?.inboxes.unseen(user),
  ]);
  return { invites, inbox: page?.items.map(itemRecord) ?? [], unseen: unseen ?? 0 };
}
