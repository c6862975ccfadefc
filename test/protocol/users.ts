import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { describe } from 'vitest';
import { skipsPostgres } from '../server/records/postgres-server.ts';
import { type Client, type ConnectOptions, onCluster, type Reachable } from '../support/fixtures.ts';

/** The secret with which the host system of these tests signs. */
export const userTokenSecret = 'Kq7mBz2XsVy5Dp9RtLw4NcJf8GhEa3UoYi6TbQnS';

/** For tests of users, which need a database where the server has several processes. */
export const describeUsers = describe.skipIf(onCluster && skipsPostgres());

/** A server whose users come from a host system. */
export const withUsers = { USERS: 'tokens', USER_TOKEN_SECRET: userTokenSecret };

/** Claims of the host system about a user, without the usual ones. */
export interface UserClaims {
  readonly name?: string;
  readonly picture?: string;
  readonly mesh?: object;
}

/** A user token, as a host system makes it. */
export function userToken(sub: string, { name = sub, ...claims }: UserClaims = {}): string {
  const times = { exp: Math.floor(Date.now() / 1000) + 600 };
  return jwt.sign({ sub, name, aud: 'mesh-workspaces', ...times, ...claims }, userTokenSecret, { algorithm: 'HS256' });
}

/** Connects a client, and signs a user in on it. */
export async function signIn(
  server: Reachable,
  sub: string,
  claims: UserClaims = {},
  options: ConnectOptions = {},
): Promise<Client> {
  const client = await server.connect(options);
  const credentials = { userToken: userToken(sub, claims) };
  // A database on a busy machine may be too slow for the server, which says so within a second.
  let reply = await client.ask('sign-in', credentials);
  for (let tries = 1; !reply.ok && reply.error.code === 'BUSY_TRY_AGAIN' && tries < 20; tries += 1) {
    reply = await client.ask('sign-in', credentials);
  }
  if (!reply.ok) throw new Error(`sign-in was refused: ${JSON.stringify(reply.error)}`);
  return client;
}

/** An id of a user that no other test has: tests of clusters share their users. */
export const someUser = (name: string) => `${name}-${randomUUID()}`;
