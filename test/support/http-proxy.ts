import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listening, type RunningProxy } from './proxy-listening.ts';

/** What becomes of a request. */
export interface Fate {
  /** The proxy answers it itself, and hands nothing on. */
  readonly status?: number;
  /** It waits so long first, ms. */
  readonly delayMs?: number;
  /** So many bytes of its body are handed on; then both ends see the connection end. */
  readonly arrives?: number;
  /** The server gets all of it, and its client no answer. */
  readonly isUnheard?: boolean;
}

/** A request that came. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes of its body, as its client said. */
  readonly size: number;
  /** Those that were handed on. */
  handedOn: number;
  /** The status that the server answered; null: none, or not yet. */
  status: number | null;
  /** Whether neither the server nor its client is at it any more. */
  isOver: boolean;
}

export interface HttpProxy extends RunningProxy {
  /** The requests that were handed on, wholly or in part, in their order. */
  readonly passed: readonly Passed[];
  /** Decides about each request; null: it is handed on as it is. */
  fateOf: (request: Passed) => Fate | null;
  /** Called for each piece of a body that was handed on. */
  onBody: (request: Passed) => void;
  /** Lets nobody through, until `isAway` is false again. */
  isAway: boolean;
}

/**
 * A proxy of HTTP before a server, with all that proxies and networks do to requests; it ends with the test. WebSockets pass.
 * @param port of a server on this machine
 */
export async function httpProxy(port: number): Promise<HttpProxy> {
  const sockets = new Set<Socket>();
  const passed: Passed[] = [];
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const size = Number(headers['content-length'] ?? 0);
    const one: Passed = { method, path, headers, size, handedOn: 0, status: null, isOver: false };
    const { status, delayMs = 0, arrives, isUnheard = false } = proxy.fateOf(one) ?? {};
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (status !== undefined) {
      // As nginx does (lingering_close): a client that is still sending could not read the answer otherwise.
      request.resume().on('end', () => response.writeHead(status).end());
      return;
    }
    passed.push(one);
    const upstream = ask({ host: '127.0.0.1', port, method, path, headers, agent: false });
    const end = () => {
      one.isOver = true;
      upstream.destroy();
      request.socket.destroy();
    };
    upstream.on('error', end);
    request.on('error', end);
    response.on('close', () => {
      one.isOver = true;
      if (!response.writableFinished) end();
    });
    upstream.on('response', (answer) => {
      one.status = answer.statusCode ?? null;
      answer.on('error', end);
      if (isUnheard) end();
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    if (size === 0) upstream.flushHeaders();
    const most = arrives ?? Number.POSITIVE_INFINITY;
    if (most === 0) return end();
    request.on('data', (chunk: Buffer) => {
      const some = chunk.subarray(0, most - one.handedOn);
      one.handedOn += some.length;
      upstream.write(some, () => {
        if (one.handedOn >= most && !one.isOver) end();
      });
      proxy.onBody(one);
    });
    request.on('end', () => upstream.end());
  }

  server.on('connection', (socket) => {
    if (proxy.isAway) socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const upstream = connect(port, '127.0.0.1');
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    }
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  const proxy: HttpProxy = {
    ...(await listening(server, sockets)),
    passed,
    fateOf: () => null,
    onBody: () => {},
    isAway: false,
  };
  return proxy;
}
