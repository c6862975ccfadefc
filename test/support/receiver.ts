import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { type AtEnd, ofTest } from './lifetime.ts';

/** A delivery as its receiver sees it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** ms since the epoch. */
  readonly at: number;
  /** The port of the sender: the same for all deliveries of one connection. */
  readonly connection: number;
}

/** How a receiver answers: with a status, or with all that HTTP can do; nothing at all leaves the sender waiting. */
export type Answer = (delivery: Received, response: ServerResponse) => number | undefined | Promise<number | undefined>;

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** All that came, in its order, answered or not. */
  readonly received: Received[];
  answer: Answer;
  /** Resolves as soon as it holds for what has come. */
  until(holds: (received: readonly Received[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  host?: string;
  port?: number;
  tls?: { key: string; cert: string };
  answer?: Answer;
  atEnd?: AtEnd;
}

/** A web server of somebody who wants to hear of events. */
export async function startReceiver({
  host = '127.0.0.1',
  port = 0,
  tls,
  answer = () => 204,
  atEnd = ofTest,
}: ReceiverOptions = {}): Promise<Receiver> {
  const looks = new Set<() => void>();
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const text of request.setEncoding('utf8')) body += text;
    const { url: path = '', headers, socket } = request;
    const delivery = { path, headers, body, at: Date.now(), connection: socket.remotePort ?? 0 };
    receiver.received.push(delivery);
    for (const look of looks) look();
    const status = await receiver.answer(delivery, response);
    if (status !== undefined) response.writeHead(status).end();
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    void serve(request, response).catch(() => {});
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  await once(server.listen(port, host), 'listening');
  const address = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    received: [],
    answer,
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds(receiver.received)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  atEnd(() => receiver.close());
  return receiver;
}

/** The body of a delivery. */
export interface Message {
  readonly type: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly workspace: { readonly id: string; readonly externalId: string | null };
  } & {
    readonly seq: number;
    readonly [name: string]: unknown;
  };
}

/** Reads a delivery as hosts do, by the public library. @throws where its signature is not by this secret */
export function verified({ headers, body }: Received, secret: string): Message {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Message;
}
