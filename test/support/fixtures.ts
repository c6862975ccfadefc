import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/server/config/load-config.ts';
import { start } from '../../src/server/server.ts';
import { createServices, type Services } from '../../src/server/services.ts';
import { onCluster } from '../cluster/in-one-process.ts';
import { localCluster } from '../cluster/shared-cluster.ts';
import { secrets } from './built-server.ts';
import { Client, type ConnectOptions, type Reachable } from './test-client.ts';

export { inOneProcess, onCluster, processes } from '../cluster/in-one-process.ts';
export { Client, type ConnectOptions, type Generation, generations, type Reachable } from './test-client.ts';

type Environment = Record<string, string>;

/** Quick PIN checks, any free port, no lines in between the results, and records only for tests that are about users. */
const testEnvironment: Environment = { PORT: '0', LOG_LEVEL: 'silent', BCRYPT_COST: '4', USERS: '', ...secrets };

/** For tests that send more commands and broken links, and create more workspaces, than anybody may by default. */
export const unhurried = {
  COMMANDS_PER_SECOND: '100000',
  BROKEN_LINKS_PER_MINUTE: '1000000',
  CREATES_PER_MINUTE: '1000000',
};

export interface TestServer extends Reachable {
  url: string;
  /** Where its metrics are, if METRICS_PORT is set. */
  metricsUrl: string | null;
  /** The services that a test may inspect. */
  services: Pick<Services, 'store'>;
}

/**
 * A real server: on a free port, and stopped when the test is over; in the project 'cluster', several nodes that
 * tests of a file which want the same environment share.
 * @param env what the environment of the server would hold
 * @param replace services of the test's own, such as a clock
 */
export async function startServer(env: Environment = {}, replace: Partial<Services> = {}): Promise<TestServer> {
  if (onCluster) {
    if (Object.keys(replace).length > 0) throw new Error('Only in one process can services be replaced.');
    return { ...(await localCluster(env)), metricsUrl: null };
  }
  const services = { ...(await createServices(loadConfig({ ...testEnvironment, ...env }))), ...replace };
  const server = await start(services);
  onTestFinished(() => server.close());
  const { url, metricsUrl } = server;
  return { url, metricsUrl, services, connect: (options) => Client.connect(url, options) };
}

/** Somebody seated: a client, and what it sends with every command. */
export interface Seat {
  client: Client;
  id: string;
  accessToken: string;
  /** `W, A, T` of the protocol. */
  proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
  /** `W, T` and the ids of a relay to somebody. */
  to(target: Seat): {
    workspace: { id: string };
    attendee: { id: string };
    broadcaster: { id: string };
    accessToken: string;
  };
}

export interface Owner extends Seat {
  /** The invitation. */
  token: string;
  workspaceId: string;
}

/** @returns the seat that an access token proves */
export function seat(client: Client, workspaceId: string, id: string, accessToken: string): Seat {
  const workspace = { id: workspaceId };
  return {
    client,
    id,
    accessToken,
    proof: { workspace, attendee: { id }, accessToken },
    to: (target) => ({ workspace, attendee: { id: target.id }, broadcaster: { id }, accessToken }),
  };
}

/** Creates a workspace and forgets the notices that came with it. */
export async function createWorkspace(
  server: Reachable,
  { pin, name, client, admission, ...options }: ConnectOptions & CreateOptions = {},
): Promise<Owner> {
  const owner = client ?? (await server.connect(options));
  const { workspace, attendee, accessToken } = await owner.must('create', {
    workspace: { name: 'Room', ...(pin === undefined ? {} : { pin }), ...(admission ? { admission } : {}) },
    attendee: { name: name ?? 'Owner' },
  });
  await owner.notice('iceservers');
  return {
    ...seat(owner, workspace.id, attendee.id, accessToken),
    token: workspace.token,
    workspaceId: workspace.id,
  };
}

interface CreateOptions {
  pin?: string;
  name?: string;
  client?: Client;
  admission?: 'open' | 'ask';
}

/** Takes a seat and drops the notices that its arrival caused, also at the attendees that are there. */
export async function attend(
  server: Reachable,
  owner: Owner,
  { pin, name, session, client, ...options }: ConnectOptions & AttendOptions = {},
): Promise<Seat> {
  const guest = client ?? (await server.connect(options));
  const { attendee, accessToken, attendees } = await guest.must('attend', {
    workspace: { token: owner.token, ...(pin === undefined ? {} : { pin }) },
    attendee: { name: name ?? 'Guest' },
    ...(session === undefined ? {} : { session }),
  });
  await guest.notice('iceservers');
  if (attendees[owner.id]?.connected) await owner.client.notice('attend', ({ id }) => id === attendee.id);
  return seat(guest, owner.workspaceId, attendee.id, accessToken);
}

interface AttendOptions {
  pin?: string;
  name?: string;
  session?: string;
  client?: Client;
}

/** Comes back to a seat with another connection. */
export async function reattend(
  server: Reachable,
  { proof }: Seat,
  { session, ...options }: ConnectOptions & { session?: string } = {},
): Promise<Seat> {
  const client = await server.connect(options);
  const { accessToken } = await client.must('re-attend', { ...proof, ...(session === undefined ? {} : { session }) });
  await client.notice('iceservers');
  return seat(client, proof.workspace.id, proof.attendee.id, accessToken);
}

export const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
export const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;
export const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
};

/** The owner rings a guest, and the guest answers. @returns the call */
export async function connectCall(owner: Seat, callee: Seat, call = { id: 'call-1' }): Promise<{ id: string }> {
  await owner.client.must('ring', { ...owner.proof, callee: { id: callee.id }, offer, call });
  await callee.client.notice('ring');
  await callee.client.must('answer', { ...callee.proof, caller: { id: owner.id }, answer, call });
  await owner.client.notice('answer');
  await callee.client.notice('call-joined');
  await owner.client.notice('call-joined', ({ attendee }) => attendee.id === callee.id);
  return call;
}
