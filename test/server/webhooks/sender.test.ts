import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isPublicAddress } from '../../../src/server/webhooks/public-address.ts';
import { Sender, type SenderOptions } from '../../../src/server/webhooks/sender.ts';
import { version } from '../../../src/version.ts';
import { selfSigned } from '../../support/certificates.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const body = '{"type":"workspace.created"}';
const headers = { 'webhook-id': 'evt_a_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,a' };
const noNames = { find: async () => [], isPublic: isPublicAddress };

function newSender(options: Partial<SenderOptions> = {}): Sender {
  const sender = new Sender({ internet: noNames, wallClock: Date.now, timeoutMs: 15_000, connections: 8, ...options });
  onTestFinished(() => sender.close());
  return sender;
}

const to = ({ url }: { url: string }, id = 'wh_1') => ({ id, url, mustBePublic: false });

/** A server that does what it wants with each TCP connection. */
async function rawServer(serve: (socket: Socket, count: number) => void): Promise<{ url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket, sockets.size);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/` };
}

describe('An attempt', () => {
  it('is a POST of JSON with its signature, and no more', async () => {
    const receiver = await startReceiver();
    const result = await newSender().send(to({ url: `${receiver.url}hook?for=all` }), headers, body);
    expect(result).toEqual({ status: 204, error: null, retryAfter: null });
    expect(receiver.received).toMatchObject([{ path: '/hook?for=all', body, headers }]);
    expect(Object.entries(receiver.received[0]?.headers ?? {}).sort()).toEqual(
      Object.entries({
        ...headers,
        connection: 'keep-alive',
        'content-length': String(body.length),
        'content-type': 'application/json',
        host: new URL(receiver.url).host,
        'user-agent': `mesh-workspaces/${version}`,
      }).sort(),
    );
  });

  it.each([200, 201, 202, 204, 299])('succeeds by the answer %i', async (status) => {
    const receiver = await startReceiver({ answer: () => status });
    expect(await newSender().send(to(receiver), headers, body)).toEqual({ status, error: null, retryAfter: null });
  });

  it.each([304, 400, 404, 429, 500, 503, 600])('fails by the answer %i', async (status) => {
    const receiver = await startReceiver({ answer: () => status });
    const result = await newSender().send(to(receiver), headers, body);
    expect(result).toMatchObject({ status, error: expect.stringContaining(String(status)), retryAfter: null });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i), and no cookie comes back', async (status) => {
    const target = await startReceiver();
    const receiver = await startReceiver({
      answer: (_, response) => {
        response.writeHead(status, { location: target.url, 'set-cookie': 'a=b' }).end();
        return undefined;
      },
    });
    const sender = newSender();
    const result = await sender.send(to(receiver), headers, body);
    expect(result).toMatchObject({ status, error: expect.stringMatching(/redirect/) });
    await sender.send(to(receiver), headers, body);
    expect(target.received).toEqual([]);
    expect(receiver.received.map((each) => each.headers.cookie)).toEqual([undefined, undefined]);
  });

  it('tells when the receiver wants to be asked again', async () => {
    const receiver = await startReceiver({
      answer: (_, response) => {
        response.writeHead(429, { 'retry-after': '30' }).end();
        return undefined;
      },
    });
    expect(await newSender().send(to(receiver), headers, body)).toMatchObject({ status: 429, retryAfter: 30_000 });
  });

  it('fails at its time limit where no answer comes, and the connection is closed', async () => {
    const receiver = await startReceiver({ answer: () => undefined });
    const begun = performance.now();
    const result = await newSender({ timeoutMs: 200 }).send(to(receiver), headers, body);
    expect(result).toEqual({ status: null, error: 'No answer came within 0.2 seconds.', retryAfter: null });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('has one time limit for all of it: an answer that trickles does not prolong it', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const trickle = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(trickle));
    });
    const result = await newSender({ timeoutMs: 300 }).send(to(server), headers, body);
    expect(result).toMatchObject({ status: null, error: 'No answer came within 0.3 seconds.' });
  });

  it('is over with the head of the answer, however long the answer is, and reads little of it', async () => {
    let written = 0;
    let onClosed = () => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(`400\r\n${'x'.repeat(1024)}\r\n`)) written += 1024;
      };
      socket.on('drain', more).on('close', onClosed);
      more();
    });
    expect(await newSender().send(to(server), headers, body)).toMatchObject({ status: 200, error: null });
    await closed;
    expect(written).toBeLessThan(8 * 1024 * 1024);
  });

  it.each([
    ['nothing, and closes', (socket: Socket) => socket.once('data', () => socket.end())],
    ['a reset', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['half an answer', (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 200'))],
    ['no HTTP', (socket: Socket) => socket.once('data', () => socket.end('220 smtp.example.com ESMTP\r\n'))],
    ['headers without an end', (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`)],
    [
      'another protocol',
      (socket: Socket) =>
        socket.once('data', () =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
        ),
    ],
  ])('fails where the receiver answers %s', async (_, serve) => {
    const server = await rawServer((socket) => void serve(socket));
    const result = await newSender().send(to(server), headers, body);
    expect(result).toEqual({ status: null, error: expect.stringMatching(/^The endpoint .*\.$/), retryAfter: null });
  });

  it('fails with a sentence where nobody listens, or the name has no address', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    expect(await newSender().send(to(receiver), headers, body)).toMatchObject({
      error: expect.stringMatching(/refused/),
    });
    const nowhere = { id: 'wh_1', url: 'https://www.example.com/', mustBePublic: true };
    expect(await newSender().send(nowhere, headers, body)).toMatchObject({
      error: expect.stringMatching(/no address/),
    });
  });

  it('fails where the certificate is by an authority that nobody knows', async () => {
    const receiver = await startReceiver({ tls: await selfSigned() });
    const result = await newSender().send(to(receiver), headers, body);
    expect(result).toMatchObject({ status: null, error: expect.stringMatching(/certificate.*not valid/) });
    expect(receiver.received).toEqual([]);
  });
});

describe('Connections', () => {
  it('serve one delivery after the other, and are those of one endpoint alone', async () => {
    const receiver = await startReceiver();
    const sender = newSender();
    for (const id of ['wh_1', 'wh_1', 'wh_2', 'wh_1']) await sender.send(to(receiver, id), headers, body);
    const [a, b, c, d] = receiver.received.map(({ connection }) => connection);
    expect([b, d]).toEqual([a, a]);
    expect(c).not.toBe(a);
  });

  it('that the receiver closes just then fail no delivery: it is sent again on a new one', async () => {
    const bodies: string[] = [];
    const server = await rawServer((socket, count) => {
      socket.on('data', (bytes) => {
        bodies.push(bytes.toString());
        // The first connection takes one request, and is gone at the second.
        if (count === 1 && bodies.length === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const sender = newSender();
    expect(await sender.send(to(server), headers, body)).toMatchObject({ status: 200 });
    expect(await sender.send(to(server), headers, body)).toMatchObject({ status: 200 });
    expect(bodies).toHaveLength(3);
  });

  it('of an endpoint that is forgotten finish what is under way, and send it only once', async () => {
    let answer = () => {};
    const receiver = await startReceiver();
    const sender = newSender();
    await sender.send(to(receiver), headers, body);
    receiver.answer = () =>
      new Promise((resolve) => {
        answer = () => resolve(204);
      });
    const underWay = sender.send(to(receiver), headers, body);
    await receiver.until(({ length }) => length === 2);
    sender.forget('wh_1');
    answer();
    expect(await underWay).toMatchObject({ status: 204, error: null });
    expect(receiver.received).toHaveLength(2);
  });

  it('are cut off at the end, and what was under way counts as not sent', async () => {
    const receiver = await startReceiver({ answer: () => undefined });
    const sender = newSender();
    const underWay = sender.send(to(receiver), headers, body);
    await receiver.until(({ length }) => length === 1);
    sender.close();
    expect(await underWay).toBeNull();
    expect(await sender.send(to(receiver), headers, body)).toBeNull();
  });
});

describe('An endpoint that must be public', () => {
  /** Two receivers at one port, of two addresses of this machine, the first of which stands for a public one. */
  async function twoReceivers(): Promise<[Receiver, Receiver, { ca: string }]> {
    const tls = await selfSigned();
    const first = await startReceiver({ host: '127.0.0.1', tls });
    return [first, await startReceiver({ host: '127.0.0.2', port: first.port, tls }), { ca: tls.cert }];
  }
  const isFirst = (address: string) => address === '127.0.0.1';

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://2130706433/',
    'https://0x7f.1/',
  ])('is refused at the address %s', async (url) => {
    const receiver = await startReceiver({ tls: await selfSigned() });
    const address = new URL(url);
    address.port = String(receiver.port);
    const result = await newSender().send({ id: 'wh_1', url: address.href, mustBePublic: true }, headers, body);
    expect(result).toMatchObject({ status: null, error: expect.stringMatching(/public address/) });
    expect(receiver.received).toEqual([]);
  });

  it('is refused where only one of its addresses is private', async () => {
    const [first, second, { ca }] = await twoReceivers();
    const internet = { find: async () => ['127.0.0.1', '127.0.0.2'], isPublic: isFirst, ca };
    const url = `https://localhost:${first.port}/`;
    const result = await newSender({ internet }).send({ id: 'wh_1', url, mustBePublic: true }, headers, body);
    expect(result).toMatchObject({ status: null, error: expect.stringMatching(/public address/) });
    expect([...first.received, ...second.received]).toEqual([]);
  });

  it('is looked up once, and reached at the address that was checked, whatever its name says afterwards', async () => {
    const [first, second, { ca }] = await twoReceivers();
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    let lookups = 0;
    const internet = { find: async () => answers[lookups++] ?? ['127.0.0.2'], isPublic: isFirst, ca };
    const endpoint = { id: 'wh_1', url: `https://localhost:${first.port}/`, mustBePublic: true };
    const sender = newSender({ internet });
    expect(await sender.send(endpoint, headers, body)).toMatchObject({ status: 204 });
    // The connection is open, and leads to the checked address still.
    expect(await sender.send(endpoint, headers, body)).toMatchObject({ status: 204 });
    expect(lookups).toBe(1);
    sender.forget(endpoint.id);
    expect(await sender.send(endpoint, headers, body)).toMatchObject({
      error: expect.stringMatching(/public address/),
    });
    expect(lookups).toBe(2);
    expect([first.received.length, second.received.length]).toEqual([2, 0]);
  });

  it('is refused where its name leads to this machine', async () => {
    const receiver = await startReceiver({ tls: await selfSigned() });
    const internet = { find: async () => ['127.0.0.1', '::1'], isPublic: isPublicAddress };
    const endpoint = { id: 'wh_1', url: `https://localtest.example.com:${receiver.port}/`, mustBePublic: true };
    const result = await newSender({ internet }).send(endpoint, headers, body);
    expect(result).toMatchObject({ error: expect.stringMatching(/public address/) });
    expect(receiver.received).toEqual([]);
  });
});
