import { z } from 'zod';
import { isRefusal } from '../../../protocol/errors.ts';
import { invite as inviteSchema, media } from '../../../protocol/schemas.ts';
import { presenceOf } from '../../commands/invitees.ts';
import { find, unchanged } from '../../domain/change.ts';
import { inviteOf, invite as inviteUser, sameInvite } from '../../domain/invites.ts';
import { inviteRecord } from '../../domain/view.ts';
import type { Invite, Workspace } from '../../domain/workspace.ts';
import { changeWorkspace } from '../change.ts';
import { foreignId } from '../input.ts';
import { operation } from '../operation.ts';
import { isProblem, problem } from '../problem.ts';
import { userIdOf } from '../user-id.ts';

const NO_USERS = 'This server has no users, so nobody can be invited. Set users (USERS).';
const NO_CALLER = 'The owner has no seat there, so nobody would answer. Invite without a ring.';

/** The operations on invites of users. */
export const inviteOperations = [
  operation({
    id: 'createInvite',
    method: 'post',
    path: 'workspaces/{id}/invites',
    scope: 'write',
    about:
      'Invites a user, or rings that user, in the name of the owner. The same invite again is the one that is open.',
    params: z.object({ id: z.string() }),
    body: z.strictObject({
      user: z.strictObject({ id: foreignId() }),
      ring: z.boolean().default(false),
      media: media.default('video'),
    }),
    status: 201,
    answer: z.object({ invite: inviteSchema }),
    problems: ['WORKSPACE_GONE', 'NO_SUCH_USER', 'CONFLICT'],
    async handle(api, { params: { id }, body }, { newId }) {
      const { services, userConnections } = api;
      const { users, tokens, config } = services;
      if (!users) return problem('CONFLICT', {}, NO_USERS);
      const user = userIdOf(services, body.user.id);
      if (user === '' || !(await users.exists(user))) return problem('NO_SUCH_USER');
      const presence = await presenceOf(services, userConnections, user);
      const inviteId = newId();
      const tokenOf = (each: string) => tokens.invite(id, each);
      let made: Invite | null = null;
      let isAlone = false;
      const decide = (workspace: Workspace, now: number) => {
        const from = workspace.owner.id;
        const until = now + config.settings.ring_timeout_seconds * 1000;
        const inviting = { id: inviteId, user, from, ring: body.ring, media: body.media, tokenOf, presence, until };
        isAlone = body.ring && !find(workspace, from);
        if (isAlone) return unchanged(workspace);
        const change = inviteUser(workspace, inviting, now);
        if (!isRefusal(change)) made = sameInvite(workspace, inviting) ?? inviteOf(workspace, inviting);
        return change;
      };
      const workspace = await changeWorkspace(api, id, decide);
      if (isProblem(workspace)) return workspace;
      if (isAlone) return problem('CONFLICT', {}, NO_CALLER);
      if (!made) throw new Error('nothing was decided');
      const { id: madeId }: Invite = made;
      return { body: { invite: inviteRecord(workspace, made, tokenOf(madeId)) } };
    },
  }),
];
