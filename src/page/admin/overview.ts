import { type Api, sentenceOf } from './api.ts';

interface Ref {
  readonly id: string;
}

/** The answers of the API, as far as the page shows them. Times are in ms since the epoch. */
export interface Node extends Ref {
  readonly isAnswering: boolean;
  readonly isReady?: boolean;
  readonly host?: string;
  readonly version?: string;
  readonly startedAt?: number;
  readonly connections?: number;
  readonly seats?: number;
  readonly memoryBytes?: number;
}

export interface Call extends Ref {
  readonly workspace: Ref;
  readonly startedAt: number;
  readonly connectedAt: number | null;
  readonly participants: readonly { readonly leftAt: number | null }[];
}

export interface Workspace extends Ref {
  readonly name: string;
  readonly attendeeCount: number;
  readonly call: Ref | null;
}

export interface Attendee extends Ref {
  readonly name: string;
  readonly owner: boolean;
  readonly connected: boolean;
  readonly onCall: boolean;
}

export interface FailedPair {
  readonly at: number;
  readonly workspace: Ref;
  readonly attendee: Ref;
  readonly peer: Ref;
  readonly route: string | null;
  readonly reason: string | null;
  readonly leftOut: readonly string[];
  readonly connectedAt: number | null;
}

export interface Delivery {
  readonly event: { readonly id: string; readonly type: string };
  readonly attempts: number;
  readonly lastAttemptAt: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: number | null;
}

export interface Webhook extends Ref {
  readonly url: string;
  readonly disabled: boolean;
}

/** A delivery that failed, with the endpoint that did not take it. */
export interface FailedDelivery extends Delivery {
  readonly webhook: Webhook;
}

/** A list, and whether there is more of it than the page shows. */
export interface List<Item> {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
}

/** What the server said, or why it did not. */
export type Answer<Value> =
  | { readonly value: Value; readonly error: null }
  | { readonly value: null; readonly error: string };

export interface Overview {
  readonly nodes: Answer<List<Node>>;
  readonly calls: Answer<List<Call>>;
  readonly workspaces: Answer<List<Workspace>>;
  readonly failedPairs: Answer<List<FailedPair>>;
  readonly failedDeliveries: Answer<List<FailedDelivery>>;
}

/** As many as one request can get. */
export const MOST = 200;

/** Deliveries of one endpoint. */
const MOST_DELIVERIES = 20;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/**
 * Reads everything that the page shows. One part that fails leaves the others as they are.
 * @throws ApiError where the key is not good for anything here, or the server does not answer
 */
export async function readOverview(api: Api): Promise<Overview> {
  // The first one tells whether the key may operate the server.
  const nodes = await listOf<Node>(api, 'nodes');
  const [calls, workspaces, failedPairs, failedDeliveries] = await Promise.all([
    answerOf(listOf<Call>(api, `calls?status=active&limit=${MOST}`)),
    answerOf(listOf<Workspace>(api, `workspaces?limit=${MOST}`)),
    answerOf(listOf<FailedPair>(api, 'failed-pairs')),
    answerOf(readFailedDeliveries(api)),
  ]);
  return { nodes: { value: nodes, error: null }, calls, workspaces, failedPairs, failedDeliveries };
}

async function readFailedDeliveries(api: Api): Promise<List<FailedDelivery>> {
  const webhooks = await listOf<Webhook>(api, `webhooks?limit=${MOST}`);
  const lists = await Promise.all(
    webhooks.items.map(async (webhook) => {
      const path = `webhooks/${encodeURIComponent(webhook.id)}/deliveries?status=failed&limit=${MOST_DELIVERIES}`;
      const { items, hasMore } = await listOf<Delivery>(api, path);
      return { hasMore, items: items.map((delivery) => ({ ...delivery, webhook })) };
    }),
  );
  return { items: lists.flatMap(({ items }) => items), hasMore: lists.some(({ hasMore }) => hasMore) };
}

/** One request of a list. @throws ApiError */
export async function listOf<Item>(api: Api, path: string): Promise<List<Item>> {
  const { items, nextCursor } = await api.get<Page<Item>>(path);
  return { items, hasMore: nextCursor !== null };
}

async function answerOf<Value>(asked: Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await asked, error: null };
  } catch (error) {
    return { value: null, error: sentenceOf(error) };
  }
}
