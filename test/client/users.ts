import jwt from 'jsonwebtoken';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { MeshClient } from '../../src/client/mesh-client.ts';
import type { StoragePlace } from '../../src/client/storage.ts';
import { startTcpProxy } from '../faults/tcp-proxy.ts';
import { userTokenSecret } from '../protocol/users.ts';
import { startServer, unhurried } from '../support/fixtures.ts';
import { FakeMediaStream, FakeNetwork } from './fake-rtc.ts';
import { Random } from './random.ts';

const clients: MeshClient[] = [];

/** A user token of a host system that ends so many seconds from now. */
export const tokenFor = (sub: string, seconds: number) =>
  jwt.sign({ sub, name: sub, aud: 'mesh-workspaces', exp: Math.floor(Date.now() / 1000) + seconds }, userTokenSecret);

/** For files whose clients sign in at a real server, with connections that are a model. */
export function useClients(): void {
  beforeEach(() => {
    vi.stubGlobal('MediaStream', FakeMediaStream);
    vi.stubGlobal('navigator', {});
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    vi.unstubAllGlobals();
  });
}

/** A storage of a browser or of a page. */
export function place(): StoragePlace {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** Where a page keeps what outlives a reload, and its browser what outlives the page. */
export interface Places {
  readonly page: StoragePlace;
  readonly browser: StoragePlace;
}

export const places = (): Places => ({ page: place(), browser: place() });

/** A server with an open directory, unless `env` says otherwise. */
export async function directory(env: object = {}) {
  const server = await startServer({ USERS: 'open', ...unhurried, ...env });
  const network = new FakeNetwork(new Random(1));
  let connections = 0;
  const open = ({ page, browser } = places(), url = server.url) => {
    const client = new MeshClient({
      url,
      storage: page,
      ownerStorage: browser,
      createConnection: (configuration) => {
        connections += 1;
        return network.create(configuration, '') as unknown as RTCPeerConnection;
      },
    });
    clients.push(client);
    return client;
  };
  const signedIn = async (name: string, at = places(), url = server.url) => {
    const client = open(at, url);
    await client.signIn({ name });
    return client;
  };
  /** A user whose network can be lost. */
  const behindProxy = async (name: string) => {
    const proxy = await startTcpProxy(server.url);
    return { client: await signedIn(name, places(), proxy.url), proxy };
  };
  /** How many connections with others the clients have made. */
  const connectionsMade = () => connections;
  return { server, open, signedIn, behindProxy, connectionsMade };
}

export const when = (condition: () => unknown) => expect.poll(condition, { timeout: 20_000 }).toBeTruthy();

export const isOnCall = (client: MeshClient) => client.state.value.call?.participants.length === 2;

/** The client is on a call with the other one, and nothing of it is left to ring. */
export async function connected(...both: MeshClient[]): Promise<void> {
  await when(() => both.every(isOnCall));
  for (const { state } of both) {
    await when(() => state.value.ringing.length === 0);
    expect(state.value).toMatchObject({ invites: [], outgoing: [], incoming: null });
  }
}

/** The only invite of a user. */
export async function rung(client: MeshClient) {
  await when(() => client.state.value.invites.length === 1);
  const [invite] = client.state.value.invites;
  if (!invite) throw new Error('nothing rings');
  return invite;
}

/** The only invite that a client sent. */
export function sent(client: MeshClient) {
  const [outgoing] = client.state.value.outgoing;
  if (!outgoing) throw new Error('nobody is called');
  return outgoing;
}
