import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

/** A key of a host system, and its public half as the key set has it. */
interface HostKey {
  readonly jwk: JWK;
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

/** Makes a key. @param kid null: the key has no name */
export async function hostKey(alg: string, kid: string | null = `${alg}-1`): Promise<HostKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const name = kid === null ? {} : { kid };
  return {
    jwk: { ...(await exportJWK(publicKey)), ...name },
    sign: (claims, header = {}) => new SignJWT(claims).setProtectedHeader({ alg, ...name, ...header }).sign(privateKey),
  };
}

type Answer = (response: ServerResponse) => void;

/** The HTTP server of a host system that serves its public keys. */
interface KeyServer {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: number;
  serve(...keys: readonly HostKey[]): void;
  /** Answers otherwise from now on. */
  answer(answer: Answer): void;
  /** Stops listening. */
  stop(): Promise<void>;
}

export async function startKeyServer(...keys: readonly HostKey[]): Promise<KeyServer> {
  let asked = 0;
  const keySet = (some: readonly HostKey[]): Answer => {
    return (response) => {
      response.setHeader('Content-Type', 'application/jwk-set+json');
      response.end(JSON.stringify({ keys: some.map(({ jwk }) => jwk) }));
    };
  };
  let answer = keySet(keys);
  const server = createServer((_, response) => {
    asked += 1;
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get asked() {
      return asked;
    },
    serve(...some) {
      answer = keySet(some);
    },
    answer(other) {
      answer = other;
    },
    stop,
  };
}
