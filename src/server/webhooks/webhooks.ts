import { setTimeout as pause } from 'node:timers/promises';
import { nanoid } from 'nanoid';
import type { Logger } from 'pino';
import { keyOfSecret, type WebhooksConfig } from '../config/webhooks.ts';
import type { Deliveries, Delivery, DeliveryStatus } from '../records/deliveries.ts';
import type { Records } from '../records/records.ts';
import { webhookTypes } from '../records/webhook-types.ts';
import type { WebhookRows } from '../records/webhooks.ts';
import type { Services } from '../services.ts';
import { type DeliveryCounts, Dispatcher } from './dispatcher.ts';
import { CONNECTIONS } from './endpoint-queue.ts';
import { type Endpoint, Endpoints } from './endpoints.ts';
import { type Lease, leaseAmongNodes, onlyNode } from './lease.ts';
import { type Internet, isPublicAddress, nameServers, problemOfName, problemOfPublicUrl } from './public-address.ts';
import { Sender } from './sender.ts';
import { newSecret } from './signature.ts';

/** An attempt has so long, ms. */
const ATTEMPT_MS = 15_000;

/** A question to the name servers has so long, ms. */
const LOOKUP_MS = 2500;

/** After a change of its secret, an endpoint is signed with the former one too for so long, ms. */
const BOTH_SECRETS_MS = 24 * 3_600_000;

/** Every event is noted for each endpoint, so there are not too many. */
const MOST_WEBHOOKS = 100;

const LONGEST_URL = 2048;

/** One statement removes no more rows than this. */
const ROWS_AT_ONCE = 1000;

/** An endpoint as REST shows it. Times are in ms since the epoch. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** The types that it gets; null: all but `message.posted`. */
  readonly types: readonly string[] | null;
  readonly disabled: boolean;
  /** Where it comes from. One of the configuration can be disabled, enabled and tested by REST, and not changed. */
  readonly source: 'rest' | 'configuration';
  /** null for one of the configuration. */
  readonly createdAt: number | null;
}

/** Why a request cannot be met: a sentence, and the member of the body which it is about. */
export interface Problem {
  readonly problem: string;
  readonly field: 'url' | 'types' | 'secret' | null;
}

interface DeliveryPage {
  readonly items: readonly Delivery[];
  /** null at the end. */
  readonly nextCursor: string | null;
}

interface WebhooksOptions {
  readonly config: WebhooksConfig;
  readonly records: Records;
  readonly lease: Lease;
  /** The clock of all nodes, in ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  /** The clock on the wall, in ms since the epoch: receivers compare it with theirs. */
  readonly wallClock: () => number;
  readonly internet?: Internet;
}

/**
 * Webhooks: the endpoints that hear of events, and the outcomes of deliveries. REST's operations are its methods; they answer null
 * where there is no such endpoint or delivery, and a Problem where a request cannot be met. All throw RecordsAway.
 */
export class Webhooks {
  readonly #rows: WebhookRows;
  readonly #endpoints: Endpoints;
  readonly #deliveries: Deliveries;
  readonly #dispatcher: Dispatcher;
  readonly #internet: Internet;
  readonly #now: () => number;

  constructor({ config, records, lease, now, log, wallClock, internet = theInternet() }: WebhooksOptions) {
    this.#rows = records.webhooks;
    this.#endpoints = new Endpoints(config, this.#rows, now);
    this.#deliveries = records.deliveries;
    this.#internet = internet;
    this.#now = now;
    const sender = new Sender({ internet, wallClock, timeoutMs: ATTEMPT_MS, connections: CONNECTIONS });
    records.onDeliveries = () => this.#dispatcher.wake();
    this.#dispatcher = new Dispatcher({
      endpoints: this.#endpoints,
      deliveries: this.#deliveries,
      sender,
      lease,
      now,
      wallClock,
      log,
    });
  }

  /** Begins to send. */
  start(): void {
    this.#dispatcher.start();
  }

  /** Lets go of all; what was not sent, the next process sends. */
  close(): Promise<void> {
    return this.#dispatcher.close();
  }

  /** What this node has sent since its start. */
  get counts(): Readonly<DeliveryCounts> {
    return this.#dispatcher.counts;
  }

  /** When the oldest delivery began that is to be sent, ms since the epoch; null where there is none, or another node sends. */
  get oldestPendingAt(): number | null {
    return this.#dispatcher.oldestPendingAt;
  }

  async list(): Promise<Webhook[]> {
    return (await this.#endpoints.list()).map(toWebhook);
  }

  async get(id: string): Promise<Webhook | null> {
    const endpoint = await this.#endpoints.find(id);
    return endpoint && toWebhook(endpoint);
  }

  /**
   * @param given `id`: a webhook that has it already is the answer; `secret`: signs the deliveries, and the server makes one
   *   where it is left out
   */
  async create(given: {
    id?: string;
    url: string;
    types?: readonly string[] | null | undefined;
    secret?: string | undefined;
  }): Promise<{ webhook: Webhook; secret: string } | Problem> {
    const { id = `wh_${nanoid(16)}`, url, types = null, secret = newSecret() } = given;
    const known = given.id === undefined ? null : await this.#rows.find(id);
    const signing = known && (await this.#rows.signing(id, this.#now()));
    const [latest] = signing?.secrets ?? [];
    if (known && latest !== undefined) return { webhook: toWebhook({ ...known, isConfigured: false }), secret: latest };
    if (keyOfSecret(secret) === null) {
      return { problem: 'A secret must be whsec_ and then 24 to 64 random bytes in base64.', field: 'secret' };
    }
    const problem = (await this.#problemOfUrl(url)) ?? problemOfTypes(types);
    if (problem) return problem;
    if ((await this.#rows.list()).length >= MOST_WEBHOOKS) {
      return { problem: `There are ${MOST_WEBHOOKS} webhooks already. Delete one first.`, field: null };
    }
    const row = {
      id,
      url: new URL(url).href,
      types: types && [...new Set(types)],
      createdAt: this.#now(),
      disabledAt: null,
    };
    await this.#rows.insert(row, secret);
    await this.#dispatcher.refresh();
    return { webhook: toWebhook({ ...row, isConfigured: false }), secret };
  }

  /** @param changes `types` null: all but `message.posted` */
  async patch(
    id: string,
    changes: {
      url?: string | undefined;
      types?: readonly string[] | null | undefined;
      disabled?: boolean | undefined;
    },
  ): Promise<Webhook | Problem | null> {
    const { url, types, disabled } = changes;
    const endpoint = await this.#endpoints.find(id);
    if (!endpoint) return null;
    if (endpoint.isConfigured && (url !== undefined || types !== undefined)) return OF_CONFIGURATION;
    const problem = (url === undefined ? null : await this.#problemOfUrl(url)) ?? problemOfTypes(types ?? null);
    if (problem) return problem;
    const disabledAt =
      disabled === undefined ? endpoint.disabledAt : disabled ? (endpoint.disabledAt ?? this.#now()) : null;
    if (endpoint.isConfigured) await this.#rows.setConfigured(endpoint, disabledAt, this.#now());
    else {
      await this.#rows.update(id, {
        disabledAt,
        ...(url === undefined ? {} : { url: new URL(url).href }),
        ...(types === undefined ? {} : { types: types && [...new Set(types)] }),
      });
    }
    await this.#dispatcher.refresh();
    return this.get(id);
  }

  /** Removes an endpoint with all its deliveries. @returns true where it is gone now */
  async delete(id: string): Promise<true | Problem | null> {
    const endpoint = await this.#endpoints.find(id);
    if (!endpoint) return null;
    if (endpoint.isConfigured) return OF_CONFIGURATION;
    await this.#rows.remove(id);
    await this.#dispatcher.refresh();
    while ((await this.#deliveries.removeOf(id, ROWS_AT_ONCE)) === ROWS_AT_ONCE);
    return true;
  }

  /** Gives an endpoint a new secret. For 24 hours the former one signs too, so that the receiver can change at leisure. */
  async rotateSecret(id: string): Promise<{ secret: string } | Problem | null> {
    const endpoint = await this.#endpoints.find(id);
    if (!endpoint) return null;
    if (endpoint.isConfigured) return OF_CONFIGURATION;
    const [secret, now] = [newSecret(), this.#now()];
    return (await this.#rows.rotate(id, secret, now, now + BOTH_SECRETS_MS)) ? { secret } : null;
  }

  /** Sends `webhook.test` to an endpoint, whatever types it wants. */
  async test(id: string): Promise<Delivery | Problem | null> {
    const endpoint = await this.#endpoints.find(id);
    if (!endpoint) return null;
    if (endpoint.disabledAt !== null) {
      return { problem: 'This webhook is disabled. Enable it first: PATCH {"disabled": false}.', field: null };
    }
    const event = { id: `evt_test_${nanoid(16)}`, type: 'webhook.test', data: { webhook: { id } } };
    await this.#deliveries.add(id, event, this.#now());
    this.#dispatcher.wake();
    return this.#deliveries.find(id, event.id);
  }

  /** Deliveries of an endpoint, the latest first. @param cursor `nextCursor` of the page before */
  async deliveries(
    id: string,
    { status, cursor, limit }: { status?: DeliveryStatus | undefined; cursor?: string | undefined; limit: number },
  ): Promise<DeliveryPage | null> {
    if (!(await this.#endpoints.find(id))) return null;
    const before = cursor === undefined ? null : Number(cursor);
    // A cursor that nobody gave out leads to no page.
    if (before !== null && !Number.isSafeInteger(before)) return { items: [], nextCursor: null };
    const rows = await this.#deliveries.list(id, { status: status ?? null, before, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      items: page.map(({ position: _, ...delivery }) => delivery),
      nextCursor: last ? String(last.position) : null,
    };
  }

  /** Has a delivery sent again at once: one that failed or is dead, and also one that was delivered. */
  async retry(id: string, eventId: string): Promise<Delivery | null> {
    if (!(await this.#deliveries.find(id, eventId))) return null;
    await this.#deliveries.retry(id, eventId, this.#now());
    this.#dispatcher.wake();
    return this.#deliveries.find(id, eventId);
  }

  async #problemOfUrl(url: string): Promise<Problem | null> {
    if (url.length > LONGEST_URL)
      return { problem: `The url must have ${LONGEST_URL} characters at most.`, field: 'url' };
    const problem =
      problemOfPublicUrl(url) ??
      (await Promise.race([problemOfName(new URL(url), this.#internet), pause(LOOKUP_MS, null)]));
    return problem === null ? null : { problem, field: 'url' };
  }
}

function theInternet(): Internet {
  return { find: nameServers(LOOKUP_MS), isPublic: isPublicAddress };
}

/** The webhooks of a server. @param services `records` may be used by other nodes too where it is PostgreSQL */
export function openWebhooks({
  cluster,
  config,
  log,
  now,
  wallClock,
  records,
}: Services & { records: Records }): Webhooks {
  const isShared = config.records?.kind === 'postgres';
  return new Webhooks({
    config: config.webhooks,
    records,
    lease: isShared ? leaseAmongNodes(records.leases, cluster.node, now) : onlyNode,
    now,
    wallClock,
    log,
  });
}

const OF_CONFIGURATION: Problem = {
  problem:
    'This webhook is set by WEBHOOK_URL and WEBHOOK_SECRET. Change it there; here it can be disabled and enabled.',
  field: null,
};

function problemOfTypes(types: readonly string[] | null): Problem | null {
  if (types === null) return null;
  if (types.length === 0) return { problem: 'Name one type at least, or leave types out to get all.', field: 'types' };
  const unknown = types.find((type) => !(webhookTypes as readonly string[]).includes(type));
  return unknown === undefined
    ? null
    : { problem: `There is no type of this name. There are: ${webhookTypes.join(', ')}.`, field: 'types' };
}

function toWebhook({ id, url, types, disabledAt, isConfigured, createdAt }: Endpoint): Webhook {
  const source = isConfigured ? 'configuration' : 'rest';
  return { id, url, types, disabled: disabledAt !== null, source, createdAt };
}
