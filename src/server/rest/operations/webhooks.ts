import { z } from 'zod';
import type { Delivery } from '../../records/deliveries.ts';
import { pageOf } from '../../records/page.ts';
import { webhookTypes } from '../../records/webhook-types.ts';
import type { Webhook, Problem as WebhookProblem } from '../../webhooks/webhooks.ts';
import { operation } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem, type Problem, problem } from '../problem.ts';

const params = z.object({ id: z.string() });
const ref = z.object({ id: z.string() });
const time = z.number().int().nullable();

const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    types: z.array(z.string()).nullable().meta({ description: 'null: all but message.posted.' }),
    disabled: z.boolean(),
    source: z.enum(['rest', 'configuration']),
    createdAt: time,
  })
  .meta({ id: 'Webhook' });

const deliverySchema = z
  .object({
    event: z.object({ id: z.string(), type: z.string() }),
    workspace: ref.nullable(),
    seq: z.number().int().nullable(),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.number().int(),
    createdAt: z.number().int(),
    lastAttemptAt: time,
    lastStatus: z.number().int().nullable(),
    lastError: z.string().nullable(),
    nextAttemptAt: time.meta({ description: 'null: there is no further attempt.' }),
  })
  .meta({ id: 'Delivery' });

const url = z.string().min(1).max(2048);
const types = z
  .array(z.string())
  .max(webhookTypes.length)
  .nullable()
  .optional()
  .meta({ description: `Of ${webhookTypes.join(', ')}. null: all but message.posted.` });

/** Answers of a webhook: it, nothing where there is none, or why a request cannot be met. */
type Outcome<Done> = Done | WebhookProblem | null;

/** The operations on webhooks and on their deliveries. */
export const webhookOperations = [
  operation({
    id: 'createWebhook',
    method: 'post',
    path: 'webhooks',
    scope: 'write',
    about: 'Has events sent to a public https URL from now on.',
    body: z.strictObject({
      url,
      types,
      secret: z
        .string()
        .max(200)
        .optional()
        .meta({ description: 'whsec_ and base64. The server makes one otherwise.' }),
    }),
    status: 201,
    answer: z.object({ webhook: webhookSchema, secret: z.string() }),
    problems: ['CONFLICT'],
    async handle({ webhooks }, { body }, { newId }) {
      const made = outcomeOf(await webhooks.create({ ...body, id: `wh${newId()}` }));
      if (isProblem(made)) return made;
      const { webhook, secret } = made;
      return { body: { webhook: viewOf(webhook), secret }, location: `webhooks/${webhook.id}` };
    },
  }),

  operation({
    id: 'listWebhooks',
    method: 'get',
    path: 'webhooks',
    scope: 'read',
    about: 'Lists the webhooks, those of the configuration too.',
    query: z.object(paging),
    status: 200,
    answer: listOf(webhookSchema),
    problems: [],
    async handle({ webhooks }, { query }) {
      const part = partOf(query);
      if (isProblem(part)) return part;
      const place = ({ createdAt, id }: Webhook) => ({ at: createdAt ?? 0, id });
      const order = (one: Webhook, other: Webhook) => {
        const [first, second] = [place(one), place(other)];
        return first.at - second.at || (first.id < second.id ? -1 : 1);
      };
      const { after } = part;
      const isAfter = (webhook: Webhook) => {
        const { at, id } = place(webhook);
        return after === null || at > after.at || (at === after.at && id > after.id);
      };
      const rest = (await webhooks.list()).sort(order).filter(isAfter);
      return { body: listed(pageOf(rest.map(viewOf), part.limit, place)) };
    },
  }),

  operation({
    id: 'getWebhook',
    method: 'get',
    path: 'webhooks/{id}',
    scope: 'read',
    about: 'Shows a webhook, without its secret.',
    params,
    status: 200,
    answer: z.object({ webhook: webhookSchema }),
    problems: ['NOT_FOUND'],
    async handle({ webhooks }, { params: { id } }) {
      const webhook = outcomeOf(await webhooks.get(id));
      return isProblem(webhook) ? webhook : { body: { webhook: viewOf(webhook) } };
    },
  }),

  operation({
    id: 'updateWebhook',
    method: 'patch',
    path: 'webhooks/{id}',
    scope: 'write',
    about: 'Changes a webhook. `disabled: false` enables one that said 410.',
    params,
    body: z.strictObject({ url: url.optional(), types, disabled: z.boolean().optional() }),
    status: 200,
    answer: z.object({ webhook: webhookSchema }),
    problems: ['NOT_FOUND', 'CONFLICT'],
    async handle({ webhooks }, { params: { id }, body }) {
      const webhook = outcomeOf(await webhooks.patch(id, body));
      return isProblem(webhook) ? webhook : { body: { webhook: viewOf(webhook) } };
    },
  }),

  operation({
    id: 'deleteWebhook',
    method: 'delete',
    path: 'webhooks/{id}',
    scope: 'write',
    about: 'Removes a webhook with all its deliveries.',
    params,
    status: 204,
    answer: z.undefined(),
    problems: ['NOT_FOUND', 'CONFLICT'],
    async handle({ webhooks }, { params: { id } }) {
      const deleted = await webhooks.delete(id);
      if (deleted === true) return { body: undefined };
      return outcomeOf<never>(deleted);
    },
  }),

  operation({
    id: 'rotateWebhookSecret',
    method: 'post',
    path: 'webhooks/{id}/rotate-secret',
    scope: 'write',
    about: 'Gives a webhook a new secret. For 24 hours the former one signs too.',
    params,
    status: 200,
    answer: z.object({ secret: z.string() }),
    problems: ['NOT_FOUND', 'CONFLICT'],
    async handle({ webhooks }, { params: { id } }) {
      const rotated = outcomeOf(await webhooks.rotateSecret(id));
      return isProblem(rotated) ? rotated : { body: rotated };
    },
  }),

  operation({
    id: 'testWebhook',
    method: 'post',
    path: 'webhooks/{id}/test',
    scope: 'write',
    about: 'Sends webhook.test to a webhook.',
    params,
    status: 200,
    answer: z.object({ delivery: deliverySchema }),
    problems: ['NOT_FOUND', 'CONFLICT'],
    async handle({ webhooks }, { params: { id } }) {
      const delivery = outcomeOf(await webhooks.test(id));
      return isProblem(delivery) ? delivery : { body: { delivery } };
    },
  }),

  operation({
    id: 'listDeliveries',
    method: 'get',
    path: 'webhooks/{id}/deliveries',
    scope: 'read',
    about: 'Lists the deliveries of a webhook, the latest first.',
    params,
    query: z.object({
      ...paging,
      status: z
        .enum(['pending', 'delivered', 'failed'])
        .optional()
        .meta({ description: 'failed: the last attempt did, or there is no further one.' }),
    }),
    status: 200,
    answer: listOf(deliverySchema),
    problems: ['NOT_FOUND'],
    async handle({ webhooks }, { params: { id }, query: { status, cursor, limit } }) {
      const part = partOf({ cursor, limit });
      if (isProblem(part)) return part;
      const before = part.after && { cursor: String(part.after.at) };
      const page = await webhooks.deliveries(id, { status, limit: part.limit, ...before });
      if (!page) return noSuch();
      const next = page.nextCursor === null ? null : { at: Number(page.nextCursor), id: 'delivery' };
      return { body: listed({ items: page.items, next }) };
    },
  }),

  operation({
    id: 'retryDelivery',
    method: 'post',
    path: 'webhooks/{id}/deliveries/{event}/retry',
    scope: 'write',
    about: 'Sends a delivery again at once, whatever has become of it.',
    params: z.object({ id: z.string(), event: z.string() }),
    status: 200,
    answer: z.object({ delivery: deliverySchema }),
    problems: ['NOT_FOUND'],
    async handle({ webhooks }, { params: { id, event } }) {
      const delivery = outcomeOf<Delivery>(await webhooks.retry(id, event));
      return isProblem(delivery) ? delivery : { body: { delivery } };
    },
  }),
];

function noSuch(): Problem {
  return problem('NOT_FOUND', {}, 'There is no such webhook or delivery (any more).');
}

function outcomeOf<Done extends object>(outcome: Outcome<Done>): Done | Problem {
  if (outcome === null) return noSuch();
  if (!('problem' in outcome)) return outcome;
  const { problem: sentence, field } = outcome;
  return field === null ? problem('CONFLICT', {}, sentence) : problem('INVALID_PAYLOAD', { field }, sentence);
}

function viewOf(webhook: Webhook): z.input<typeof webhookSchema> {
  return { ...webhook, types: webhook.types && [...webhook.types] };
}
