import type { ErrorCode } from '../../protocol/errors.ts';
import { version } from '../../version.ts';
import { Tally } from '../collections/tally.ts';
import type { Measurements } from '../measurements.ts';
import type { Uploads } from '../recordings/uploads.ts';
import type { Services } from '../services.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { ConnectionCounts } from './connection-counts.ts';
import { counter, gauge, gauges, histogram, type Metric } from './metric.ts';

/** What the metrics are read from, beside the services. */
export interface Sources {
  readonly connections: ConnectionCounts;
  /** How many seats are within their grace time. */
  readonly seatsInGrace: () => number;
  /** null where nobody can record. */
  readonly uploads: Pick<Uploads, 'underWay' | 'storedBytes'> | null;
  /** null where there are no records, which keep what is to be delivered. */
  readonly webhooks: Pick<Webhooks, 'counts' | 'oldestPendingAt'> | null;
}

/**
 * The metrics of this node. Those of the whole server, which each node reports alike, say so: to add them up would count them
 * once a node.
 */
export function catalogue(services: Services, { connections, seatsInGrace, uploads, webhooks }: Sources): Metric[] {
  const { cluster, config, measurements, records, store } = services;
  const { kind } = config.store;
  return [
    gauges('mesh_build_info', 'Always 1, with the version of the server.', ['version'], () => [[[version], 1]]),
    gauge('mesh_workspaces', 'Workspaces of the whole server, with those where nobody is.', () => store.size),
    gauge('mesh_calls', 'Calls of the whole server that are on.', () => store.calls),
    gauges(
      'mesh_seats',
      'Seats that connections of this node hold, and seats in grace: those whose connection this node has lost.',
      ['state'],
      () => [
        [['connected'], connections.seats],
        [['grace'], seatsInGrace()],
      ],
    ),
    gauge('mesh_waiting', 'People in waiting rooms whose connection is at this node.', () => connections.waiting),
    gauges(
      'mesh_connections',
      'Connections of this node. Protocol 3 of Engine.IO is that of Socket.IO 2, protocol 4 that of later versions.',
      ['transport', 'protocol'],
      () => connections.connections(),
    ),
    counter(
      'mesh_commands_total',
      'Commands that this node has answered, by the error code of the answer, or OK.',
      ['command', 'code'],
      () => answered(measurements),
    ),
    histogram(
      'mesh_command_seconds',
      'Time from the arrival of a command to its answer, in seconds. Relays on the fast path are not among them.',
      [],
      [[[], measurements.commandSeconds]],
    ),
    counter(
      'mesh_relays_total',
      'Offers, answers and candidates that connections of this node have sent, by their path in the server.',
      ['path'],
      () => byPath(measurements),
    ),
    counter('mesh_rings_total', 'Rings that have ended, by their outcome.', ['outcome'], () => measurements.rings),
    histogram(
      'mesh_call_seconds',
      'Time from the moment in which the second participant came to the end of the call, in seconds.',
      [],
      [[[], measurements.callSeconds]],
    ),
    counter(
      'mesh_peer_connections_total',
      'Reports of clients about their connection with a peer: its state, its route, and the reason where it failed.',
      ['outcome', 'route', 'reason'],
      () => measurements.peerConnections,
    ),
    histogram(
      'mesh_pin_check_seconds',
      'Time of a PIN check, in seconds, with the time that it waited for its turn.',
      [],
      [[[], measurements.pinCheckSeconds]],
    ),
    counter(
      'mesh_refused_total',
      'Connections and commands that were refused because of a limit, by the setting of that limit.',
      ['limit'],
      () => measurements.refused,
    ),
    histogram(
      'mesh_swap_seconds',
      'Time of a change in the store, in seconds: stored, lost to a faster change and made again, or failed.',
      ['store', 'outcome'],
      Object.entries(measurements.swapSeconds).map(([outcome, durations]) => [[kind, outcome], durations]),
    ),
    ...(kind === 'redis'
      ? [gauge('mesh_redis_up', 'Whether Redis answers this node.', () => Number(cluster.isReachable))]
      : []),
    ...(records ? [gauge('mesh_records_up', 'Whether the database answers.', () => Number(records.isUp))] : []),
    ...(webhooks ? ofWebhooks(webhooks, services.now) : []),
    ...(uploads ? ofUploads(uploads) : []),
  ];
}

function ofWebhooks(webhooks: Pick<Webhooks, 'counts' | 'oldestPendingAt'>, now: () => number): Metric[] {
  return [
    counter(
      'mesh_webhook_deliveries_total',
      'Webhooks of this node: deliveries that succeeded, attempts that failed, and deliveries that were given up (dead).',
      ['outcome'],
      () => ({ entries: Object.entries(webhooks.counts).map(([outcome, count]) => ({ labels: [outcome], count })) }),
    ),
    gauge(
      'mesh_webhook_oldest_pending_seconds',
      'How long the oldest delivery waits that is to be sent, in seconds; 0 at nodes that do not send.',
      () => (webhooks.oldestPendingAt === null ? 0 : Math.max(0, now() - webhooks.oldestPendingAt) / 1000),
    ),
  ];
}

function ofUploads(uploads: Pick<Uploads, 'underWay' | 'storedBytes'>): Metric[] {
  return [
    gauge('mesh_uploads', 'Parts of recordings of which this node receives bytes at present.', () => uploads.underWay),
    counter('mesh_upload_bytes_total', 'Bytes of recordings that this node has stored.', [], () => ({
      entries: [{ labels: [], count: uploads.storedBytes }],
    })),
  ];
}

/** All commands, with the relays that took the fast path. */
function answered({ commands, relays }: Measurements) {
  const all = new Tally<readonly [string, ErrorCode | 'OK']>();
  for (const { labels, count } of commands.entries) all.entry(...labels).count += count;
  for (const { labels, count } of relays.entries) {
    const [path, name] = labels;
    if (path === 'fast') all.entry(name, 'OK').count += count;
  }
  return all;
}

function byPath({ relays }: Measurements) {
  const all = new Tally<readonly [string]>([['fast'], ['ordinary']]);
  for (const { labels, count } of relays.entries) all.entry(labels[0]).count += count;
  return all;
}
