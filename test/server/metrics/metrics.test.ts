import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { promtool } from '../../../scripts/promtool.mjs';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { beginPart, webm } from '../../protocol/recording.ts';
import { signIn, withUsers } from '../../protocol/users.ts';
import { emptyFolder } from '../../support/built-server.ts';
import {
  answer,
  attend,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  offer,
  startServer,
  unhurried,
} from '../../support/fixtures.ts';
import { freePort } from '../../support/free-port.ts';
import { startReceiver } from '../../support/receiver.ts';
import { scrape } from '../../support/scrape.ts';
import { skipsRedis, startRedis } from '../redis/redis-server.ts';

const withMetrics = { METRICS_PORT: '0' };

/** All metrics of this server, with their types and labels. A change here breaks the dashboards of operators. */
const metrics: Record<string, [type: string, ...labels: string[]]> = {
  mesh_build_info: ['gauge', 'version'],
  mesh_workspaces: ['gauge'],
  mesh_calls: ['gauge'],
  mesh_seats: ['gauge', 'state'],
  mesh_waiting: ['gauge'],
  mesh_connections: ['gauge', 'transport', 'protocol'],
  mesh_commands_total: ['counter', 'command', 'code'],
  mesh_command_seconds: ['histogram', 'le'],
  mesh_relays_total: ['counter', 'path'],
  mesh_rings_total: ['counter', 'outcome'],
  mesh_call_seconds: ['histogram', 'le'],
  mesh_peer_connections_total: ['counter', 'outcome', 'route', 'reason'],
  mesh_pin_check_seconds: ['histogram', 'le'],
  mesh_refused_total: ['counter', 'limit'],
  mesh_swap_seconds: ['histogram', 'store', 'outcome', 'le'],
  mesh_records_up: ['gauge'],
  mesh_webhook_deliveries_total: ['counter', 'outcome'],
  mesh_webhook_oldest_pending_seconds: ['gauge'],
  mesh_uploads: ['gauge'],
  mesh_upload_bytes_total: ['counter'],
};

/** A server in which everything has happened that has a metric. */
async function busyServer() {
  const records = { DATABASE_URL: 'sqlite::memory:', RECORDINGS_DIR: await emptyFolder() };
  const server = await startServer({ ...withMetrics, PIN_ATTEMPTS: '1', ...records });
  const owner = await createWorkspace(server, { pin: '4711', name: 'Ada Lovelace' });
  const guest = await attend(server, owner, { pin: '4711', name: 'Charles Babbage' });
  const call = await connectCall(owner, guest);
  await owner.client.must('negotiation', { ...owner.to(guest), message: { type: 'offer', data: offer } });
  await guest.client.must('icecandidate', { ...guest.to(owner), candidate });
  const report = { ...owner.proof, peer: { id: guest.id } };
  await owner.client.must('peer-state', { ...report, state: 'connected', route: 'relay' });
  await owner.client.must('peer-state', { ...report, state: 'failed', reason: 'udp-blocked' });
  const { recording } = await owner.client.must('start-recording', owner.proof);
  await (await beginPart(server.url, owner, recording)).patch(webm(4096));
  const stranger = await server.connect();
  for (const pin of ['wrong', 'again']) {
    await stranger.ask('attend', { workspace: { token: owner.token, pin }, attendee: {} });
  }
  await owner.client.must('hangup', { ...owner.proof, call });
  return { server, owner, guest };
}

describe('The metrics', () => {
  it('are these, with these labels', async () => {
    const { server } = await busyServer();
    const { types, labelsOf } = await scrape(server);
    const own = [...types].filter(([name]) => name.startsWith('mesh_'));
    expect(Object.fromEntries(own.map(([name, type]) => [name, [type, ...labelsOf(name)]]))).toEqual(metrics);
    expect([...types.keys()].filter((name) => !/^(mesh|nodejs|process)_/.test(name))).toEqual([]);
    expect(types.get('process_open_fds')).toBe('gauge');
    expect(types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge');
  });

  it.skipIf(promtool() === null && process.env.CI !== 'true')('satisfy the linter of Prometheus', async () => {
    const { server } = await busyServer();
    const { text } = await scrape(server);
    const { status, stdout, stderr } = spawnSync(promtool() ?? '', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  });

  it('name no workspace, no person, no address, and nothing that anybody has written', async () => {
    const { server, owner, guest } = await busyServer();
    const { text } = await scrape(server);
    for (const secret of [
      owner.workspaceId,
      owner.id,
      guest.id,
      owner.accessToken,
      owner.token,
      '4711',
      'Ada',
      'Babbage',
      'Room',
      '127.0.0.1',
      'call-1',
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it('say the version, and count what happened', async () => {
    const { server } = await busyServer();
    const { value } = await scrape(server);
    expect(value('mesh_build_info', { version: packageJson.version })).toBe(1);
    expect(value('mesh_workspaces')).toBe(1);
    expect(value('mesh_seats', { state: 'connected' })).toBe(2);
    expect(value('mesh_connections', { transport: 'websocket', protocol: '4' })).toBe(3);
    expect(value('mesh_commands_total', { command: 'create', code: 'OK' })).toBe(1);
    expect(value('mesh_commands_total', { command: 'attend', code: 'OK' })).toBe(1);
    expect(value('mesh_commands_total', { command: 'attend', code: 'WRONG_PIN' })).toBe(1);
    expect(value('mesh_commands_total', { command: 'attend', code: 'LOCKED_OUT' })).toBe(1);
    expect(value('mesh_commands_total', { command: 'kick', code: 'OK' })).toBe(0);
    expect(value('mesh_refused_total', { limit: 'pin_attempts' })).toBe(1);
    expect(value('mesh_rings_total', { outcome: 'answered' })).toBe(1);
    expect(value('mesh_calls')).toBe(0);
    expect(value('mesh_call_seconds_count')).toBe(1);
    expect(value('mesh_peer_connections_total', { outcome: 'connected', route: 'relay', reason: 'none' })).toBe(1);
    expect(value('mesh_peer_connections_total', { outcome: 'failed', route: 'none', reason: 'udp-blocked' })).toBe(1);
    expect(value('mesh_pin_check_seconds_count')).toBe(2);
    expect(value('mesh_swap_seconds_count', { store: 'memory', outcome: 'stored' })).toBeGreaterThanOrEqual(5);
    // Those of two relays, on the fast path, are not among them.
    expect(value('mesh_command_seconds_count')).toBe(12);
    expect(value('mesh_command_seconds_bucket', { le: '+Inf' })).toBe(12);
    expect(value('mesh_uploads')).toBe(0);
    expect(value('mesh_upload_bytes_total')).toBe(4096);
  });

  it.each(['short', 'ordinary'])('count relays among the commands too, with RELAY_PATH=%s', async (path) => {
    const server = await startServer({ ...withMetrics, RELAY_PATH: path });
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    // The first one is verified on the ordinary way.
    await owner.client.must('attendees', owner.proof);
    await guest.client.must('attendees', guest.proof);
    for (let n = 0; n < 3; n += 1) await owner.client.must('icecandidate', { ...owner.to(guest), candidate });
    await guest.client.must('negotiation', { ...guest.to(owner), message: { type: 'answer', data: answer } });
    const { value } = await scrape(server);
    const [own, other] = path === 'short' ? ['fast', 'ordinary'] : ['ordinary', 'fast'];
    expect(value('mesh_relays_total', { path: own })).toBe(4);
    expect(value('mesh_relays_total', { path: other })).toBe(0);
    expect(value('mesh_commands_total', { command: 'icecandidate', code: 'OK' })).toBe(3);
    expect(value('mesh_commands_total', { command: 'negotiation', code: 'OK' })).toBe(1);
  });

  it('count connections by transport and generation, and forget those that are gone', async () => {
    const server = await startServer(withMetrics);
    const clients = [];
    for (const generation of generations) clients.push(await server.connect({ generation }));
    const counts = async () => {
      const { value } = await scrape(server);
      return ['websocket', 'polling'].flatMap((transport) =>
        ['4', '3'].map((protocol) => value('mesh_connections', { transport, protocol })),
      );
    };
    expect(await counts()).toEqual([1, 1, 1, 1]);
    for (const client of clients.slice(1)) client.socket.close();
    await expect.poll(counts).toEqual([1, 0, 0, 0]);
  });

  it('count a seat as in grace from the loss of its connection until it is back, or over', async () => {
    const server = await startServer({ ...withMetrics, SEAT_GRACE_SECONDS: '0.5' });
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    const seats = async () => {
      const { value } = await scrape(server);
      return ['connected', 'grace'].map((state) => value('mesh_seats', { state }));
    };
    guest.client.socket.close();
    await owner.client.notice('presence');
    expect(await seats()).toEqual([1, 1]);
    await owner.client.notice('leave');
    expect(await seats()).toEqual([1, 0]);

    owner.client.socket.close();
    await expect.poll(seats).toEqual([0, 1]);
    const returned = await server.connect();
    await returned.must('re-attend', owner.proof);
    expect(await seats()).toEqual([1, 0]);
    await returned.must('destroy', owner.proof);
    expect(await seats()).toEqual([0, 0]);
  });

  it('count the people who wait to be let in', async () => {
    const server = await startServer(withMetrics);
    const owner = await server.connect();
    const { workspace, attendee, accessToken } = await owner.must('create', {
      workspace: { admission: 'ask' },
      attendee: {},
    });
    const waiting = async () => (await scrape(server)).value('mesh_waiting');
    expect(await waiting()).toBe(0);
    const guest = await server.connect();
    await guest.ask('attend', { workspace: { token: workspace.token }, attendee: {} });
    expect(await waiting()).toBe(1);
    const { waiting: knocking } = await owner.notice('knock');
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    await owner.must('admit', { ...proof, waiting: { id: knocking.id } });
    expect(await waiting()).toBe(0);
    expect((await scrape(server)).value('mesh_seats', { state: 'connected' })).toBe(2);
  });

  it('tell how rings end', async () => {
    const server = await startServer({ ...withMetrics, RING_TIMEOUT_SECONDS: '0.3' });
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    const call = { id: 'call-1' };
    const calls = async () => (await scrape(server)).value('mesh_calls');
    expect(await calls()).toBe(0);
    const ring = async () => {
      await owner.client.must('ring', { ...owner.proof, callee: { id: guest.id }, offer, call });
      await guest.client.notice('ring');
    };
    await ring();
    await guest.client.must('busy', { ...guest.proof, caller: { id: owner.id }, call });
    await ring();
    await guest.client.notice('unanswered');
    await ring();
    await owner.client.must('hangup', { ...owner.proof, call });
    await ring();
    expect(await calls()).toBe(1);
    await guest.client.must('answer', { ...guest.proof, caller: { id: owner.id }, answer, call });
    const { value } = await scrape(server);
    for (const outcome of ['declined', 'unanswered', 'cancelled', 'answered']) {
      expect(value('mesh_rings_total', { outcome }), outcome).toBe(1);
    }
  });

  it('tell how the rings of users end, and count no invite that does not ring', async () => {
    const server = await startServer({ ...withMetrics, ...withUsers, RING_TIMEOUT_SECONDS: '0.3' });
    const owner = await createWorkspace(server, { client: await signIn(server, 'ada') });
    const bob = await signIn(server, 'bob');
    const invite = async (ring: boolean) => {
      const made = await owner.client.must('invite', { ...owner.proof, user: { id: 'bob' }, ring });
      await bob.notice('invited');
      return { id: made.invite.id };
    };
    const silent = await invite(false);
    await owner.client.must('cancel-invite', { ...owner.proof, invite: silent });
    await bob.must('decline', { invite: await invite(true), reason: 'declined' });
    await owner.client.must('cancel-invite', { ...owner.proof, invite: await invite(true) });
    await invite(true);
    await owner.client.notice('invite-answered', ({ answer: given }) => given === 'unanswered');
    await owner.client.must('invite', { ...owner.proof, user: { id: 'bob' }, ring: true });
    const { token } = await bob.notice('invited');
    await bob.must('attend', { workspace: { token }, attendee: {} });
    const { value } = await scrape(server);
    for (const outcome of ['declined', 'unanswered', 'cancelled', 'answered']) {
      expect(value('mesh_rings_total', { outcome }), outcome).toBe(1);
    }
  });

  it('do not grow when a client makes up commands, reasons and routes', async () => {
    const server = await startServer({ ...withMetrics, ...unhurried });
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    await connectCall(owner, guest);
    const report = { ...owner.proof, peer: { id: guest.id } };
    await owner.client.must('peer-state', { ...report, state: 'made-up', route: 'made-up', reason: 'made-up' });
    await owner.client.askRaw('made-up', {});
    const before = await scrape(server);
    const made = Array.from({ length: 10_000 }, (_, n) => n);
    const word = (n: number) => [...String(n)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
    await Promise.all(made.map((n) => owner.client.askRaw(`made-up-${n}`, {})));
    const reports = made.slice(0, 1000).map((n) => ({ state: word(n), route: word(n), reason: `made-up-${n}` }));
    await Promise.all(reports.map((each) => owner.client.must('peer-state', { ...report, ...each })));
    const after = await scrape(server);
    expect(after.series.filter((each) => each.startsWith('mesh_'))).toEqual(
      before.series.filter((each) => each.startsWith('mesh_')),
    );
    expect(after.value('mesh_commands_total', { command: 'other', code: 'UNKNOWN_COMMAND' })).toBe(10_001);
    const others = { outcome: 'other', route: 'other', reason: 'other' };
    expect(after.value('mesh_peer_connections_total', others)).toBe(1001);
  });
});

describe('Their listener', () => {
  it('answers GET and HEAD of /metrics, and nothing else', async () => {
    const server = await startServer(withMetrics);
    const base = new URL('/', server.metricsUrl ?? '');
    expect(base.hostname).toBe('127.0.0.1');
    const ask = (path: string, method = 'GET') => fetch(new URL(path, base), { method });
    const answered = await ask('/metrics');
    expect(answered.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const head = await ask('/metrics', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const path of ['/', '/metrics/', '/healthz', '/socket.io/?EIO=4&transport=polling']) {
      expect((await ask(path)).status, path).toBe(404);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask('/metrics', method)).status).toBe(404);
  });

  it('is the only one that has them', async () => {
    const { url } = await startServer(withMetrics);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await startServer()).metricsUrl).toBeNull();
  });

  it('has a port of its own: one that is taken refuses the start with a sentence', async () => {
    const { metricsUrl } = await startServer(withMetrics);
    const { port } = new URL(metricsUrl ?? '');
    const refused = startServer({ METRICS_PORT: port }).catch((error: unknown) => error);
    expect(await refused).toEqual(
      new ConfigError(
        `Something listens on port ${port} of 127.0.0.1 already. Stop it, or set METRICS_PORT to another one.`,
      ),
    );
  });

  it('is closed again where the server itself cannot listen', async () => {
    const taken = new URL((await startServer()).url).port;
    const env = { METRICS_PORT: String(await freePort()) };
    await expect(startServer({ ...env, PORT: taken })).rejects.toThrow(ConfigError);
    expect((await startServer(env)).metricsUrl).not.toBeNull();
  });
});

it('Webhooks show what was delivered, what failed, and how long the oldest one waits', async () => {
  let isBroken = false;
  const receiver = await startReceiver({ answer: () => (isBroken ? 500 : 204) });
  const server = await startServer({ ...withMetrics, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: newSecret() });
  const deliveries = async (outcome: string) =>
    (await scrape(server)).value('mesh_webhook_deliveries_total', { outcome });
  const oldest = async () => (await scrape(server)).value('mesh_webhook_oldest_pending_seconds') ?? 0;
  expect([await deliveries('delivered'), await deliveries('failed'), await deliveries('dead')]).toEqual([0, 0, 0]);
  const owner = await createWorkspace(server);
  await expect.poll(() => deliveries('delivered')).toBe(2);
  expect(await oldest()).toBe(0);
  isBroken = true;
  await owner.client.must('leave', owner.proof);
  await expect.poll(() => deliveries('failed')).toBe(1);
  await expect.poll(oldest, { timeout: 15_000 }).toBeGreaterThan(0);
});

it.skipIf(skipsRedis())('With Redis, redis_up says whether it answers, and swaps that fail are counted', async () => {
  const redis = await startRedis();
  const server = await startServer({ ...withMetrics, STORE: 'redis', REDIS_URL: redis.url });
  const owner = await createWorkspace(server);
  const up = async () => (await scrape(server)).value('mesh_redis_up');
  expect(await up()).toBe(1);
  await redis.kill();
  await expect.poll(up).toBe(0);
  expect((await owner.client.refused('kick', { ...owner.proof, kickedAttendee: { id: '_x' } })).code).toBe(
    'BUSY_TRY_AGAIN',
  );
  await redis.start();
  await expect.poll(up).toBe(1);
  const { types, value } = await scrape(server);
  expect(value('mesh_swap_seconds_count', { store: 'redis', outcome: 'stored' })).toBeGreaterThan(0);
  expect(types.get('mesh_redis_up')).toBe('gauge');
  expect(types.has('mesh_records_up')).toBe(false);
});
