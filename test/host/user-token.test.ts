import { jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { userToken } from '../../src/host/mesh-server.ts';
import { userTokenSecret, withUsers } from '../protocol/users.ts';
import { startServer } from '../support/fixtures.ts';

it('a user token signs its user in', async () => {
  const server = await startServer({ ...withUsers, USER_TOKEN_ISSUER: 'clinic', USER_TOKEN_AUDIENCE: 'calls' });
  const key = { secret: userTokenSecret, issuer: 'clinic', audience: 'calls' };
  const name = 'Ada Lovelace, née Byron 🦀';
  const client = await server.connect();
  const { user } = await client.must('sign-in', { userToken: await userToken({ sub: 'ada/1', name }, key) });
  expect(user).toMatchObject({ id: 'ada/1', name });
});

it('a user token says what it was asked to say, and expires', async () => {
  const mesh = { consultation: 'visit 7', role: 'owner', admission: 'bypass' } as const;
  const token = await userToken({ sub: 'ada', name: 'Ada', mesh }, { secret: userTokenSecret, ttlSeconds: 60 });
  const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(userTokenSecret));
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  const { iat = 0 } = payload;
  expect(payload).toEqual({ sub: 'ada', name: 'Ada', mesh, aud: 'mesh-workspaces', iat, exp: iat + 60 });
});

it.each([
  { sub: '', name: 'Ada', secret: userTokenSecret },
  { sub: 'ada', name: '', secret: userTokenSecret },
  { sub: 'ada', name: 'Ada', secret: '' },
])('a user token without one of its parts is refused: %o', async ({ sub, name, secret }) => {
  await expect(userToken({ sub, name }, { secret })).rejects.toThrow(/^userToken: `(sub|name|secret)` must be a text/);
});
