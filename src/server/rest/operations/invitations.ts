import { z } from 'zod';
import { findWorkspace } from '../find.ts';
import { operation } from '../operation.ts';
import { isProblem, problem } from '../problem.ts';
import { linkSchema } from '../views.ts';

/** The end of the year 9999, in ms since the epoch. */
const LATEST = 253_402_300_799_999;

/** The operations that let people into a workspace. */
export const invitationOperations = [
  operation({
    id: 'createInvitation',
    method: 'post',
    path: 'workspaces/{id}/invitations',
    scope: 'write',
    about: 'Makes a link for guests, who need the PIN as ever. Renewing the invitation ends it too.',
    params: z.object({ id: z.string() }),
    body: z.strictObject({
      expiresAt: z
        .number()
        .int()
        .max(LATEST)
        .optional()
        .meta({ description: 'When the link ends, in ms since the epoch.' }),
    }),
    status: 201,
    answer: linkSchema,
    problems: ['WORKSPACE_GONE'],
    async handle(api, { params: { id }, body: { expiresAt } }) {
      if (expiresAt !== undefined && expiresAt <= api.services.now()) {
        return problem(
          'INVALID_PAYLOAD',
          { field: 'expiresAt' },
          'The field expiresAt must be a time that is to come.',
        );
      }
      const workspace = await findWorkspace(api, id);
      return isProblem(workspace) ? workspace : { body: api.links.invitation(workspace, expiresAt) };
    },
  }),
];
