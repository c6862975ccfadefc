import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder } from '../support/built-server.ts';
import { serve } from './serve.ts';

/** A second for each request, and no other reason to close anything. */
const aSecond = { FIRST_COMMAND_SECONDS: '1', HEARTBEAT_SECONDS: '60' };

/** When what took a second too long must be closed, on a machine that is busy. */
const CLOSED_MS = 8000;

async function connectTcp(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** Reads until the server closes the connection. @returns how long that took, ms, and what came */
async function untilClosed(socket: Socket): Promise<{ ms: number; text: string }> {
  const since = Date.now();
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  socket.resume();
  await once(socket, 'close');
  return { ms: Date.now() - since, text };
}

async function https(): Promise<Record<string, string>> {
  const folder = await emptyFolder();
  const pems = await generate([{ name: 'commonName', value: 'localhost' }]);
  await writeFile(join(folder, 'key.pem'), pems.private);
  await writeFile(join(folder, 'cert.pem'), pems.cert);
  return { ENABLE_HTTPS: 'true', HTTPS_KEY: join(folder, 'key.pem'), HTTPS_CERT: join(folder, 'cert.pem') };
}

/** A session over polling that has sent its first command, as the URL of its polls. */
async function pollingSession(url: string): Promise<string> {
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const [, sid] = /"sid":"([^"]+)"/.exec(await (await fetch(polling)).text()) ?? [];
  const session = `${polling}&sid=${sid}`;
  for (const body of ['40', '420["iceservers",{}]']) {
    expect((await fetch(session, { method: 'POST', body })).status).toBe(200);
  }
  return session;
}

describe('A connection is closed', () => {
  it('when its request takes too long: silent, in the head, drop by drop, or in the body', async () => {
    const server = await serve(aSecond);
    const { pathname, search } = new URL(await pollingSession(server.url));
    const cases = {
      silent: { begins: '', goesOn: '' },
      'half a head': { begins: 'GET /status HTTP/1.1\r\nHost: x\r\n', goesOn: '' },
      'a head without end': { begins: 'GET /status HTTP/1.1\r\n', goesOn: 'X: x\r\n' },
      'half a body': {
        begins: `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n421["i`,
        goesOn: '',
      },
    };
    const closing = Object.entries(cases).map(async ([name, { begins, goesOn }]) => {
      const socket = await connectTcp(server.url);
      socket.write(begins);
      const drip = setInterval(() => socket.write(goesOn), 100);
      const { ms } = await untilClosed(socket);
      clearInterval(drip);
      expect(ms, name).toBeLessThan(CLOSED_MS);
    });
    await Promise.all(closing);
  });

  it('when its TLS handshake takes too long', async () => {
    const server = await serve({ ...aSecond, ...(await https()) });
    const silent = await connectTcp(server.url);
    const begun = await connectTcp(server.url);
    // The head of a ClientHello that never comes.
    begun.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1]));
    for (const { ms } of await Promise.all([silent, begun].map(untilClosed))) expect(ms).toBeLessThan(CLOSED_MS);
  });

  it('when it does not take what it asked for', async () => {
    const server = await serve({ HEARTBEAT_SECONDS: '0.3' });
    const size = (await (await fetch(`${server.url}/client.js`)).text()).length;
    // Far more than TCP buffers for a client that does not read.
    const count = Math.ceil(20e6 / size);
    const socket = await connectTcp(server.url);
    socket.write('GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
    await sleep(3000);
    const { text } = await untilClosed(socket);
    expect(text.length).toBeGreaterThan(size);
    expect(text.length).toBeLessThan(count * size);
  });
});

it('A poll that waits for the next heartbeat may take longer than a request', async () => {
  const server = await serve({ FIRST_COMMAND_SECONDS: '0.5', HEARTBEAT_SECONDS: '4' });
  const session = await pollingSession(server.url);
  await (await fetch(session)).text();
  const since = Date.now();
  expect(await (await fetch(session)).text()).toBe('2');
  expect(Date.now() - since).toBeGreaterThan(2500);
});
