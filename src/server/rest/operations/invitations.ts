import { z } from 'zod';
import { findWorkspace } from '../find.ts';
import { foreignId } from '../input.ts';
import { operation } from '../operation.ts';
import { isProblem, problem } from '../problem.ts';
import { userIdOf } from '../user-id.ts';
import { linkSchema } from '../views.ts';

/** The end of the year 9999, in ms since the epoch. */
const LATEST = 253_402_300_799_999;

const NO_USERS = 'This server has no users, so no link can be for one of them. Set users (USERS).';

/** The operations that let people into a workspace. */
export const invitationOperations = [
  operation({
    id: 'createInvitation',
    method: 'post',
    path: 'workspaces/{id}/invitations',
    scope: 'write',
    about:
      'Makes a link: for guests, who need the PIN as ever; or for one user, who needs none, until `expiresAt` or until the ' +
      "owner removes that user. Renewing the guests' invitation leaves the links of users alone.",
    params: z.object({ id: z.string() }),
    body: z.strictObject({
      user: z
        .strictObject({ id: foreignId() })
        .optional()
        .meta({ description: 'The link opens the workspace where this user is signed in, and nowhere else.' }),
      expiresAt: z.number().int().max(LATEST).optional().meta({
        description: 'When the link ends, in ms since the epoch. Renewing the invitation ends it for guests.',
      }),
    }),
    status: 201,
    answer: linkSchema,
    problems: ['WORKSPACE_GONE', 'CONFLICT'],
    async handle(api, { params: { id }, body: { user, expiresAt } }) {
      const { services, links } = api;
      if (expiresAt !== undefined && expiresAt <= services.now()) {
        return problem(
          'INVALID_PAYLOAD',
          { field: 'expiresAt' },
          'The field expiresAt must be a time that is to come.',
        );
      }
      if (user && !services.users) return problem('CONFLICT', {}, NO_USERS);
      const workspace = await findWorkspace(api, id);
      if (isProblem(workspace)) return workspace;
      if (!user) return { body: links.invitation(workspace, expiresAt) };
      return { body: links.personal(workspace, userIdOf(services, user.id), expiresAt) };
    },
  }),
];
