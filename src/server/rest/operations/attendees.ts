import { z } from 'zod';
import { remove } from '../../domain/hosting.ts';
import { pageOf } from '../../records/page.ts';
import { changeWorkspace } from '../change.ts';
import { findWorkspace } from '../find.ts';
import { operation } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem, problem } from '../problem.ts';
import { attendeeSchema, attendeeView } from '../views.ts';

/** The operations on those who are seated in a workspace. */
export const attendeeOperations = [
  operation({
    id: 'listAttendees',
    method: 'get',
    path: 'workspaces/{id}/attendees',
    scope: 'read',
    about: 'Lists the attendees of a workspace.',
    params: z.object({ id: z.string() }),
    query: z.object(paging),
    status: 200,
    answer: listOf(attendeeSchema),
    problems: ['WORKSPACE_GONE'],
    async handle(api, { params: { id }, query }) {
      const part = partOf(query);
      if (isProblem(part)) return part;
      const workspace = await findWorkspace(api, id);
      if (isProblem(workspace)) return workspace;
      // By their ids, so that nobody comes twice while others come and go.
      const sorted = [...workspace.attendees].sort((one, other) => (one.id < other.id ? -1 : 1));
      const rest = sorted.filter((attendee) => part.after === null || attendee.id > part.after.id);
      const { items, next } = pageOf(rest, part.limit, (last) => ({ at: 0, id: last.id }));
      return { body: listed({ items: items.map((attendee) => attendeeView(workspace, attendee)), next }) };
    },
  }),

  operation({
    id: 'removeAttendee',
    method: 'delete',
    path: 'workspaces/{id}/attendees/{attendee}',
    scope: 'write',
    about: 'Removes an attendee, as the owner can. Everybody hears of it.',
    params: z.object({ id: z.string(), attendee: z.string() }),
    status: 204,
    answer: z.undefined(),
    problems: ['WORKSPACE_GONE', 'NO_SUCH_ATTENDEE', 'INVALID_PAYLOAD'],
    async handle(api, { params: { id, attendee } }) {
      const workspace = await changeWorkspace(api, id, (current, now) => remove(current, attendee, now));
      if (!isProblem(workspace)) return { body: undefined };
      if (workspace.problem !== 'INVALID_PAYLOAD') return workspace;
      return problem(
        'INVALID_PAYLOAD',
        { field: 'attendee' },
        'The owner cannot be removed. Close the workspace instead.',
      );
    },
  }),
];
