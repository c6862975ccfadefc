import { z } from 'zod';
import { admission, text } from '../../../protocol/schemas.ts';
import type { Settings } from '../../config/settings.ts';
import { budgetOf } from '../../domain/call-time.ts';
import { unchanged } from '../../domain/change.ts';
import { REMOVED } from '../../domain/erasure.ts';
import { close, createEmpty, type Revision, revise } from '../../domain/hosting.ts';
import type { Admission, Workspace } from '../../domain/workspace.ts';
import type { Services } from '../../services.ts';
import { claimExternalId } from '../../workspaces/external-id.ts';
import { changeWorkspace } from '../change.ts';
import { refusedClaim } from '../external-id.ts';
import { findWorkspace, gone } from '../find.ts';
import { foreignId, metadata } from '../input.ts';
import { type Api, operation, type Success } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem, type Problem, problem, problemOf } from '../problem.ts';
import { userIdOf } from '../user-id.ts';
import { linkSchema, workspaceSchema, workspaceView } from '../views.ts';

/** A year. */
const MOST_MINUTES = 525_600;

const params = z.object({ id: z.string() });
const answer = z.object({ workspace: workspaceSchema });

/** The operations on workspaces themselves. */
export function workspaceOperations(settings: Settings) {
  const name = text(settings.max_name_length);
  const pin = z.string().min(1).max(256);
  const capacity = z.number().int().min(1).max(settings.max_capacity_of_workspace);
  const callMinutes = z.number().positive().max(MOST_MINUTES);
  const owner = z
    .strictObject({ user: z.strictObject({ id: foreignId() }).optional(), name: name.optional() })
    .refine(({ user, name }) => user !== undefined || name !== undefined, 'must have a user or a name');

  return [
    operation({
      id: 'createWorkspace',
      method: 'post',
      path: 'workspaces',
      scope: 'write',
      about: 'Creates a workspace, and makes the links for its guests and for its owner.',
      body: z.strictObject({
        name: name.optional(),
        pin: pin.optional(),
        capacity: capacity.optional(),
        admission: admission.optional(),
        callMinutes: callMinutes.optional(),
        owner,
        externalId: foreignId().optional(),
        metadata: metadata.optional(),
      }),
      status: 201,
      answer: answer.extend({ invitation: linkSchema, owner: linkSchema }),
      problems: ['EXTERNAL_ID_TAKEN'],
      async handle(api, { body }, { isRepeatable, newId }) {
        const { services, records, links } = api;
        // What happens in a workspace must get into the records, and soon.
        if (!records.isUp) return problem('BUSY_TRY_AGAIN');
        const id = newId();
        const known = isRepeatable ? await services.store.get(id) : null;
        if (isRepeatable && !known && (await records.workspaces.get(id))) return gone();
        const workspace = known ?? (await create(api, { id, ownerId: newId() }, body));
        if (isProblem(workspace)) return workspace;
        return {
          body: {
            ...viewOf(services, workspace),
            invitation: links.invitation(workspace),
            owner: links.owner(workspace),
          },
          rev: workspace.rev,
          location: `workspaces/${id}`,
        };
      },
    }),

    operation({
      id: 'listWorkspaces',
      method: 'get',
      path: 'workspaces',
      scope: 'read',
      about: 'Lists the workspaces that exist, the newest first.',
      query: z.object({ ...paging, externalId: foreignId().optional() }),
      status: 200,
      answer: listOf(workspaceSchema),
      problems: [],
      async handle({ services, commits, records }, { query }) {
        const part = partOf(query);
        if (isProblem(part)) return part;
        await commits.recorded();
        const { externalId } = query;
        const filter = { isOpen: true, ...(externalId === undefined ? {} : { externalId }) };
        const page = await records.workspaces.page(filter, part);
        const found = await Promise.all(page.items.map(({ id }) => services.store.get(id)));
        const items = found.filter((each) => each !== null).map((each) => viewOf(services, each).workspace);
        return { body: listed({ items, next: page.next }) };
      },
    }),

    operation({
      id: 'getWorkspace',
      method: 'get',
      path: 'workspaces/{id}',
      scope: 'read',
      about: 'Shows a workspace.',
      params,
      status: 200,
      answer,
      problems: ['WORKSPACE_GONE'],
      async handle(api, { params: { id } }) {
        return success(api, await findWorkspace(api, id));
      },
    }),

    operation({
      id: 'updateWorkspace',
      method: 'patch',
      path: 'workspaces/{id}',
      scope: 'write',
      about:
        'Changes a workspace. Seats stay; metadata is replaced as a whole, and null takes the PIN, the capacity or the limit ' +
        "of its calls away. With admission 'open' those who wait enter while there are seats. " +
        'A call that is on ends earlier or later by another limit.',
      params,
      body: z.strictObject({
        name: name.optional(),
        pin: pin.nullable().optional(),
        capacity: capacity.nullable().optional(),
        admission: admission.optional(),
        callMinutes: callMinutes.nullable().optional(),
        metadata: metadata.optional(),
      }),
      status: 200,
      answer,
      isConditional: true,
      problems: ['WORKSPACE_GONE'],
      async handle(api, { params: { id }, body }, { ifMatch }) {
        const revision = await revisionOf(api.services, id, body);
        if (isProblem(revision)) return revision;
        const isEmpty = Object.keys(revision).length === 0;
        return success(
          api,
          await changeWorkspace(
            api,
            id,
            (workspace, now) => (isEmpty ? unchanged(workspace) : revise(workspace, revision, now)),
            ifMatch,
          ),
        );
      },
    }),

    operation({
      id: 'closeWorkspace',
      method: 'delete',
      path: 'workspaces/{id}',
      scope: 'write',
      about: 'Closes a workspace for everybody, and ends its call.',
      params,
      status: 204,
      answer: z.undefined(),
      isConditional: true,
      problems: ['WORKSPACE_GONE'],
      async handle(api, { params: { id } }, { ifMatch }) {
        const workspace = await changeWorkspace(api, id, (current) => close(current), ifMatch);
        await api.commits.recorded();
        return isProblem(workspace) ? workspace : { body: undefined };
      },
    }),
  ];
}

interface NewWorkspace {
  name?: string | undefined;
  pin?: string | undefined;
  capacity?: number | undefined;
  admission?: Admission | undefined;
  callMinutes?: number | undefined;
  owner: { user?: { id: string } | undefined; name?: string | undefined };
  externalId?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

async function create(
  api: Api,
  { id, ownerId }: { id: string; ownerId: string },
  given: NewWorkspace,
): Promise<Workspace | Problem> {
  const { services, commits, records } = api;
  const { settings } = services.config;
  const pinHash = given.pin ? await services.pins.hash(id, given.pin) : null;
  if (pinHash !== null && typeof pinHash !== 'string') return problemOf(pinHash);
  const user = given.owner.user ? userIdOf(services, given.owner.user.id) : null;
  const known = user !== null && !given.owner.name ? await records.users.get(user) : null;
  const name = given.owner.name || (known?.name === REMOVED ? '' : known?.name) || settings.anonymous_attendee;
  if (given.externalId !== undefined) {
    const claimed = await claimExternalId(services, records, given.externalId, id);
    if (claimed !== 'claimed') return refusedClaim(claimed);
  }
  const change = createEmpty(
    {
      id,
      name: given.name || settings.untitled_workspace,
      avatar: settings.default_workspace_avatar,
      pinHash,
      owner: { id: ownerId, name, avatar: settings.default_attendee_avatar },
      ownerUser: user,
      externalId: given.externalId ?? null,
      metadata: given.metadata ?? {},
      capacity: given.capacity ?? null,
      admission: given.admission ?? 'open',
      callBudgetMs: budgetOf(given.callMinutes),
    },
    services.now(),
  );
  let created: Workspace | null = null;
  const refusal = await commits.create(change, {
    as: null,
    reply: (workspace) => {
      created = workspace;
    },
  });
  if (refusal) {
    await records.externalIds.release(id);
    return problemOf(refusal);
  }
  // So that the list shows it, at whichever node.
  await commits.recorded();
  if (!created) throw new Error('a workspace was created without its document');
  return created;
}

async function revisionOf(
  { pins }: Services,
  id: string,
  {
    pin,
    name,
    capacity,
    admission,
    callMinutes,
    metadata,
  }: Omit<NewWorkspace, 'pin' | 'owner' | 'capacity' | 'callMinutes'> & {
    pin?: string | null | undefined;
    capacity?: number | null | undefined;
    callMinutes?: number | null | undefined;
  },
): Promise<Revision | Problem> {
  const pinHash = pin ? await pins.hash(id, pin) : pin;
  if (pinHash && typeof pinHash !== 'string') return problemOf(pinHash);
  return {
    ...(name ? { name } : {}),
    ...(pinHash === undefined ? {} : { pinHash }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(admission === undefined ? {} : { admission }),
    ...(callMinutes === undefined ? {} : { callBudgetMs: budgetOf(callMinutes) }),
    ...(metadata ? { metadata } : {}),
  };
}

function viewOf({ config, now }: Services, workspace: Workspace) {
  return { workspace: workspaceView(workspace, config.settings.max_capacity_of_workspace, now()) };
}

function success({ services }: Api, workspace: Workspace | Problem): Success<z.input<typeof answer>> | Problem {
  return isProblem(workspace) ? workspace : { body: viewOf(services, workspace), rev: workspace.rev };
}
