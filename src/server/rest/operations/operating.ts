import { z } from 'zod';
import { type FailedPair, keyOf } from '../../failed-pairs.ts';
import { nodeReportSchema } from '../../metrics/node-reports.ts';
import { pageOf } from '../../records/page.ts';
import { operation } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem } from '../problem.ts';

const ref = z.object({ id: z.string() });

const nodeSchema = z
  .object({
    id: z.string().meta({ description: 'Another one each time that the node starts.' }),
    isAnswering: z.boolean().meta({ description: 'Whether it said anything of itself within a second.' }),
    ...nodeReportSchema.omit({ id: true }).partial().shape,
  })
  .meta({ id: 'Node' });

const failedPairSchema = z
  .object({
    at: z.number().int(),
    workspace: ref,
    attendee: ref.meta({ description: 'Who reported it.' }),
    peer: ref,
    route: z.string().nullable(),
    reason: z.string().nullable(),
    leftOut: z
      .array(z.string())
      .meta({ description: 'The rules of ice_candidate_filter by which candidates of the attendee were left out.' }),
    connectedAt: z.number().int().nullable().meta({ description: 'When it connected after all.' }),
  })
  .meta({ id: 'FailedPair' });

/** The operations for those who run the server. */
export const operatingOperations = [
  operation({
    id: 'listNodes',
    method: 'get',
    path: 'nodes',
    scope: 'admin',
    about: 'Lists the nodes that live, and what each says of itself.',
    status: 200,
    answer: listOf(nodeSchema),
    problems: [],
    async handle({ reports }) {
      const nodes = [...(await reports.nodes())].map(([id, report]) => ({
        ...report,
        id,
        isAnswering: report !== null,
      }));
      return { body: { items: nodes, nextCursor: null } };
    },
  }),

  operation({
    id: 'listFailedPairs',
    method: 'get',
    path: 'failed-pairs',
    scope: 'admin',
    about: 'Lists the pairs of attendees that could not connect, as clients reported it: the latest 200 of each node.',
    query: z.object(paging),
    status: 200,
    answer: listOf(failedPairSchema),
    problems: [],
    async handle({ reports }, { query }) {
      const part = partOf(query);
      if (isProblem(part)) return part;
      const { after, limit } = part;
      // Several can have failed at the same time.
      const isAfter = (pair: FailedPair) =>
        after === null || pair.at < after.at || (pair.at === after.at && keyOf(pair) > after.id);
      const pairs = (await reports.failedPairs()).filter(isAfter);
      const { items: some, next } = pageOf(pairs, limit, (last) => ({ at: last.at, id: keyOf(last) }));
      const items = some.map(({ workspace, attendee, peer, ...rest }) => {
        return { ...rest, workspace: { id: workspace }, attendee: { id: attendee }, peer: { id: peer } };
      });
      return { body: listed({ items, next }) };
    },
  }),
];
