import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';

export const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
export const authToken = 'a-token-that-nobody-may-see';

/** How the stand-in answers the next requests; `normal` is as Twilio documents it. */
export type Behaviour =
  | 'normal'
  | 'hang'
  | 'trickle'
  | 'nonsense'
  | { status: number; body: object | string; retryAfter?: string };

export interface Asked {
  path: string;
  ttl: string | null;
}

/** Speaks Twilio's REST API for tokens over HTTPS, with a certificate of its own, as the public documentation shows it. */
export async function startTwilio() {
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const asked: Asked[] = [];
  const waiting = new Set<() => void>();
  let behaviour: Behaviour = 'normal';
  let held: Promise<void> | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname } = new URL(request.url ?? '/', 'https://localhost');
    asked.push({ path: pathname, ttl: new URLSearchParams(await text(request)).get('Ttl') });
    for (const wake of waiting) wake();
    await held;

    const json = (status: number, body: unknown, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (behaviour === 'hang') return;
    if (behaviour === 'trickle') {
      response.writeHead(201, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    if (behaviour === 'nonsense') return json(200, '<html>Please log in to the hotel network</html>');
    if (behaviour !== 'normal') {
      return json(
        behaviour.status,
        behaviour.body,
        behaviour.retryAfter ? { 'Retry-After': behaviour.retryAfter } : {},
      );
    }

    const expected = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    if (request.headers.authorization !== expected) return json(401, failure(401, 20003, 'Authenticate'));
    if (request.method !== 'POST' || !pathname.endsWith(`/2010-04-01/Accounts/${accountSid}/Tokens.json`)) {
      return json(404, failure(404, 20404, `The requested resource ${pathname} was not found`));
    }
    json(201, token(asked.length, asked.at(-1)?.ttl ?? '86400'));
  }

  const server = createServer({ key: certificate.private, cert: certificate.cert }, (request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: certificate.cert,
    asked,
    behave: (next: Behaviour) => {
      behaviour = next;
    },
    /** Lets requests in but answers none until the returned function is called. */
    hold: () => {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    /** Resolves once this many requests have arrived since the start. */
    requests: async (count: number) => {
      while (asked.length < count) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The JSON of an error: https://www.twilio.com/docs/usage/twilios-response */
export function failure(status: number, code: number, message: string) {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

/** The JSON of a token: https://www.twilio.com/docs/stun-turn/api */
function token(serial: number, ttl: string) {
  const username = `user-${serial}`;
  const password = `password-${serial}`;
  const relay = (url: string) => ({ url, urls: url, username, credential: password });
  const date = 'Fri, 01 May 2020 01:42:57 +0000';
  return {
    account_sid: accountSid,
    date_created: date,
    date_updated: date,
    ice_servers: [
      { url: 'stun:global.stun.twilio.com:3478', urls: 'stun:global.stun.twilio.com:3478' },
      relay('turn:global.turn.twilio.com:3478?transport=udp'),
      relay('turn:global.turn.twilio.com:3478?transport=tcp'),
      relay('turn:global.turn.twilio.com:443?transport=tcp'),
    ],
    password,
    ttl,
    username,
  };
}
