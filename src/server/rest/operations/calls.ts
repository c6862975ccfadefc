import { z } from 'zod';
import { MAX_EXTENSION_SECONDS } from '../../../protocol/commands.ts';
import { refuse } from '../../../protocol/errors.ts';
import { extendCall } from '../../domain/call-limit.ts';
import { participantsOf } from '../../domain/history.ts';
import { endCall } from '../../domain/hosting.ts';
import type { Workspace } from '../../domain/workspace.ts';
import type { CallRecord } from '../../records/calls.ts';
import { changeWorkspace } from '../change.ts';
import { type Api, operation } from '../operation.ts';
import { listed, listOf, paging, partOf, sinceFilter } from '../paging.ts';
import { isProblem, type Problem, problem } from '../problem.ts';

const params = z.object({ id: z.string() });
const id = z.object({ id: z.string() });
const time = z.number().int();

const callSchema = z
  .object({
    id: z.string(),
    clientCallId: z.string().meta({ description: 'The id that the client of its caller gave it.' }),
    workspace: id,
    status: z.enum(['active', 'ended']),
    startedAt: time,
    connectedAt: time.nullable().meta({ description: 'When the second participant came.' }),
    endsAt: time.nullable().meta({ description: 'When it ends by its limit, while it is on.' }),
    endedAt: time.nullable(),
    endReason: z.string().nullable(),
    durationSeconds: z.number().nullable(),
    billableSeconds: z.number().nullable().meta({ description: 'From connectedAt.' }),
    participants: z.array(
      z.object({
        attendee: id,
        user: id.nullable(),
        joinedAt: time,
        leftAt: time.nullable(),
        seconds: z.number().nullable(),
      }),
    ),
    externalId: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Call' });

const answer = z.object({ call: callSchema });

/** The operations on calls. */
export const callOperations = [
  operation({
    id: 'listCalls',
    method: 'get',
    path: 'calls',
    scope: 'read',
    about: 'Lists calls, those first that began last.',
    query: z.object({
      ...paging,
      status: z.enum(['active', 'ended']).optional(),
      since: sinceFilter('Calls that ended since then; of those that are on, the ones that began since then.'),
    }),
    status: 200,
    answer: listOf(callSchema),
    problems: [],
    async handle(api, { query }) {
      const part = partOf(query);
      if (isProblem(part)) return part;
      await api.commits.recorded();
      const { status, since } = query;
      const filter = { ...(status ? { status } : {}), ...(since === undefined ? {} : { since }) };
      const { items, next } = await api.records.calls.page(filter, part);
      const views = await Promise.all(items.map((call) => viewOf(api, call)));
      return { body: listed({ items: views.filter((view) => !status || view.status === status), next }) };
    },
  }),

  operation({
    id: 'getCall',
    method: 'get',
    path: 'calls/{id}',
    scope: 'read',
    about: 'Shows a call, also long after its end.',
    params,
    status: 200,
    answer,
    problems: ['NO_CALL'],
    async handle(api, { params }) {
      const call = await findCall(api, params.id);
      return isProblem(call) ? call : { body: { call: await viewOf(api, call) } };
    },
  }),

  operation({
    id: 'endCall',
    method: 'post',
    path: 'calls/{id}/end',
    scope: 'write',
    about: 'Ends a call for everybody, as if the owner had hung up. A call that has ended stays as it is.',
    params,
    status: 200,
    answer,
    problems: ['NO_CALL'],
    async handle(api, { params }) {
      const call = await findCall(api, params.id);
      if (isProblem(call)) return call;
      if (call.endedAt === null) {
        const decide = (workspace: Workspace, now: number) => endCall(workspace, call.id, now);
        const ended = await changeWorkspace(api, call.workspaceId, decide);
        // With the workspace its call is over too.
        if (isProblem(ended) && ended.problem !== 'WORKSPACE_GONE') return ended;
      }
      const after = await findCall(api, params.id);
      return isProblem(after) ? after : { body: { call: await viewOf(api, after) } };
    },
  }),

  operation({
    id: 'extendCall',
    method: 'post',
    path: 'calls/{id}/extend',
    scope: 'write',
    about: 'Has a call end so many seconds later than it would. One without a limit stays as it is.',
    params,
    body: z.strictObject({ seconds: z.number().positive().max(MAX_EXTENSION_SECONDS) }),
    status: 200,
    answer,
    problems: ['NO_CALL'],
    async handle(api, { params, body }) {
      const call = await findCall(api, params.id);
      if (isProblem(call)) return call;
      const ms = Math.ceil(body.seconds * 1000);
      const extended = await changeWorkspace(api, call.workspaceId, (workspace, now) => {
        const present = workspace.call?.uid === call.id ? workspace.call : null;
        return present ? extendCall(workspace, { callId: present.id, ms, by: null }, now) : refuse('NO_CALL', {}, OVER);
      });
      if (isProblem(extended)) return extended.problem === 'WORKSPACE_GONE' ? problem('NO_CALL', {}, OVER) : extended;
      return { body: { call: await viewOf(api, call) } };
    },
  }),
];

const OVER = 'The call has ended, so nothing can extend it.';

async function findCall({ commits, records }: Api, callId: string): Promise<CallRecord | Problem> {
  await commits.recorded();
  const call = callId.includes('\0') ? null : await records.calls.get(callId);
  return call ?? problem('NO_CALL');
}

/** A call as the records have it, and where it is on, as its workspace has it. */
async function viewOf({ services }: Api, call: CallRecord): Promise<z.input<typeof callSchema>> {
  const { workspaceId, ...record } = call;
  const workspace = { id: workspaceId };
  const present = call.endedAt === null ? ((await services.store.get(workspaceId))?.call ?? null) : null;
  if (present?.uid !== call.id)
    return { ...record, workspace, status: 'ended', endsAt: null, participants: [...call.participants] };
  const { startedAt, connectedAt, endsAt, legs } = present;
  const isOn = (attendee: string) => present.participants.includes(attendee);
  const participants = participantsOf(legs, services.now()).map((one) => ({
    ...one,
    leftAt: isOn(one.attendee.id) ? null : one.leftAt,
  }));
  return { ...record, workspace, status: 'active', startedAt, connectedAt, endsAt, participants };
}
