import { pino } from 'pino';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { idOfConfigured } from '../../../src/server/config/webhooks.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { type Lease, onlyNode } from '../../../src/server/webhooks/lease.ts';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { Webhooks } from '../../../src/server/webhooks/webhooks.ts';
import { selfSigned } from '../../support/certificates.ts';
import { ofTest } from '../../support/lifetime.ts';
import {
  type Message,
  type Received,
  type Receiver,
  type ReceiverOptions,
  startReceiver,
  verified,
} from '../../support/receiver.ts';
import { open } from '../records/open.ts';
import { batchOf, guest, joined, workspaceOf } from '../records/samples.ts';

/** Secrets of the configuration. */
export const secrets = [newSecret()];

/** The name of every receiver that REST may name, in an internet which ends at this machine. */
const HOST = 'hooks.example.com';

export interface RunningWebhooks {
  readonly records: Records;
  readonly webhooks: Webhooks;
  /** Time passes, ms. */
  later(ms: number): void;
  /** Events happen in a workspace, as many as are said. */
  happen(count: number, workspaceId?: string): Promise<void>;
  /** A receiver that the internet has, and how REST calls it. */
  onInternet(answer?: ReceiverOptions['answer']): Promise<{ receiver: Receiver; url: string }>;
  /** Stops sending, as an orderly stop does. */
  close(): Promise<void>;
}

interface RunningOptions {
  readonly database?: RecordsConfig;
  /** Endpoints of the configuration. */
  readonly urls?: readonly string[];
  readonly secrets?: readonly string[];
  /** What the clock shows beyond the time of this machine, ms. */
  readonly ahead?: number;
  readonly lease?: (records: Records, now: () => number) => Lease;
}

/** A part of a server: records with webhooks, into which events come. */
export async function startWebhooks(options: RunningOptions = {}): Promise<RunningWebhooks> {
  const { database = { kind: 'sqlite', file: null }, urls = [], lease = () => onlyNode } = options;
  let { ahead = 0 } = options;
  const now = () => Date.now() + ahead;
  const records = await open(database, { now, webhooks: urls.map(idOfConfigured) });
  const tls = await selfSigned(HOST);
  const webhooks = new Webhooks({
    config: { urls, secrets: options.secrets ?? secrets },
    records,
    lease: lease(records, now),
    now,
    wallClock: Date.now,
    log: pino({ level: 'silent' }),
    internet: { find: async () => ['127.0.0.1'], isPublic: () => true, ca: tls.cert },
  });
  ofTest(() => webhooks.close());
  webhooks.start();
  const seqs = new Map<string, number>();
  return {
    records,
    webhooks,
    later(ms) {
      ahead += ms;
      records.onDeliveries?.();
    },
    async happen(count, workspaceId = '_room') {
      const first = (seqs.get(workspaceId) ?? 0) + 1;
      seqs.set(workspaceId, first + count - 1);
      const workspace = workspaceOf(workspaceId, { externalId: `appointment of ${workspaceId}` });
      await records.take([batchOf(workspace, Array(count).fill(joined(guest)), first)]);
    },
    async onInternet(answer) {
      const receiver = await startReceiver({ tls, ...(answer ? { answer } : {}) });
      return { receiver, url: `https://${HOST}:${receiver.port}/hook` };
    },
    close: () => webhooks.close(),
  };
}

/** The places of the events that came, in the order in which they came. */
export function seqsOf(received: readonly Received[], workspaceId = '_room'): number[] {
  return received
    .map(({ body }) => (JSON.parse(body) as Message).data)
    .filter(({ workspace }) => workspace?.id === workspaceId)
    .map(({ seq }) => seq);
}

/** From 1 to a number. */
export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** What came, as a host reads it. @throws where a signature is wrong */
export const messagesOf = (received: readonly Received[], secret = secrets[0] ?? '') =>
  received.map((each) => verified(each, secret));
