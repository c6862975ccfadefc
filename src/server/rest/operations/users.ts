import { z } from 'zod';
import { isUserId, text } from '../../../protocol/schemas.ts';
import type { Settings } from '../../config/settings.ts';
import { withoutUser } from '../../domain/erasure.ts';
import { signUserToken } from '../../users/sign-user-token.ts';
import { meshClaim } from '../../users/user-tokens.ts';
import { changeWorkspace } from '../change.ts';
import { type Api, operation } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem, problem } from '../problem.ts';
import { userIdOf } from '../user-id.ts';

const MOST_SECONDS = 3_600;
const DEFAULT_SECONDS = 600;

const params = z.object({ sub: z.string() });
const ref = z.object({ id: z.string() });

const itemSchema = z
  .object({
    seq: z.number().int(),
    type: z.string(),
    at: z.number().int(),
    seen: z.boolean(),
    from: z.object({ id: z.string().optional(), name: z.string(), user: ref.nullable() }).optional(),
    workspace: z.object({ id: z.string(), name: z.string() }).optional(),
    consultation: z.string().nullable().optional(),
    call: z.string().nullable().optional(),
    subject: z.string().optional(),
  })
  .meta({ id: 'InboxItem' });

const NO_SECRET =
  'This server signs no user tokens: that needs users (USERS) to be tokens, and USER_TOKEN_SECRET. With public keys only your own system can sign.';

/** The operations on users. */
export function userOperations(settings: Settings) {
  return [
    operation({
      id: 'createUserToken',
      method: 'post',
      path: 'user-tokens',
      scope: 'write',
      about: 'Signs a user token, with which a page signs its user in.',
      body: z.strictObject({
        sub: z.string().refine(isUserId, 'must have 1 to 255 characters, and none of control'),
        name: text(settings.max_name_length).pipe(z.string().min(1)),
        picture: z.string().max(settings.max_avatar_length).optional(),
        mesh: meshClaim.strict().optional(),
        ttlSeconds: z
          .number()
          .int()
          .min(1)
          .max(MOST_SECONDS)
          .optional()
          .meta({ description: `It is looked at once, at the sign-in. ${DEFAULT_SECONDS} if nothing is said.` }),
      }),
      status: 201,
      answer: z.object({ token: z.string() }),
      problems: ['CONFLICT'],
      async handle({ services }, { body: { ttlSeconds = DEFAULT_SECONDS, ...claims } }) {
        const { config, wallClock } = services;
        if (config.users?.kind !== 'tokens' || !('secret' in config.users.keys))
          return problem('CONFLICT', {}, NO_SECRET);
        const { keys, issuer, audience } = config.users;
        const signing = { secret: keys.secret, issuer, audience };
        return { body: { token: await signUserToken(claims, Math.floor(wallClock() / 1000) + ttlSeconds, signing) } };
      },
    }),

    operation({
      id: 'listInbox',
      method: 'get',
      path: 'users/{sub}/inbox',
      scope: 'read',
      about: 'Lists what a user has missed, the latest first. Nothing counts as seen by it.',
      params,
      query: z.object(paging),
      status: 200,
      answer: listOf(itemSchema),
      problems: ['NO_SUCH_USER'],
      async handle(api, { params: { sub }, query }) {
        const part = partOf(query);
        if (isProblem(part)) return part;
        if (!isUserId(sub)) return problem('NO_SUCH_USER');
        const user = userIdOf(api.services, sub);
        await api.commits.recorded();
        const before = part.after ? { before: part.after.at } : {};
        const { items, more } = await api.records.inboxes.page(user, { ...before, limit: part.limit });
        const last = items.at(-1);
        return { body: listed({ items, next: more && last ? { at: last.seq, id: 'item' } : null }) };
      },
    }),

    operation({
      id: 'eraseUser',
      method: 'delete',
      path: 'users/{sub}',
      scope: 'write',
      about:
        'Erases a user: name and picture everywhere, the inbox, and what was recorded of the user. The id stays, by which calls are billed. A user who has not been here is erased too.',
      params,
      query: z.object({
        messages: z.enum(['true', 'false']).optional().meta({ description: "true: also the user's chat messages." }),
      }),
      status: 204,
      answer: z.undefined(),
      problems: ['NO_SUCH_USER'],
      async handle(api, { params: { sub }, query }) {
        const { services, commits, records } = api;
        if (!isUserId(sub)) return problem('NO_SUCH_USER');
        const user = userIdOf(api.services, sub);
        for (const id of await workspacesOf(api, user)) {
          const done = await changeWorkspace(api, id, (workspace, now) => withoutUser(workspace, user, now));
          if (isProblem(done) && done.problem !== 'WORKSPACE_GONE') return done;
        }
        // Events with the name may be on their way.
        await commits.recorded();
        await records.users.erase(user, services.now(), { messages: query.messages === 'true' });
        await services.recordings?.eraseFiles();
        return { body: undefined };
      },
    }),
  ];
}

/** The workspaces in which the name of a user may stand. */
async function workspacesOf({ services, records }: Api, user: string): Promise<Set<string>> {
  const known = await records.query((db) =>
    db
      .selectFrom('workspaces')
      .select('id')
      .where('owner_user', '=', user)
      .where('closed_at', 'is', null)
      .union(
        db
          .selectFrom('consultation_users')
          .innerJoin('consultations', 'id', 'consultation_id')
          .select('workspace_id as id')
          .where('user_id', '=', user)
          .where('closed_at', 'is', null),
      )
      .execute(),
  );
  return new Set([...(await services.store.ofUser(user)), ...known.map(({ id }) => id)]);
}
