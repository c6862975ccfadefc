import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { io as connectV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import { describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { ConfigError } from '../../../src/server/config/environment.ts';
import { production } from '../../support/built-server.ts';
import { certificates } from '../../support/certificates.ts';
import { type Generation, generations, startServer, type TestServer } from '../../support/fixtures.ts';

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A request with exactly these headers, which fetch would not let through. */
function ask(
  url: string,
  { method = 'GET', headers = {}, ca }: { method?: string; headers?: Record<string, string>; ca?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false as const };
    const handle = (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    };
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...(ca === undefined ? {} : { ca }) }, handle)
      : requestHttp(url, options, handle);
    request.on('error', reject).end();
  });
}

it('The page at / is HTML that runs no script and no style of anybody else', async () => {
  const { url } = await startServer();
  const { status, headers, body } = await ask(url);
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/html; charset=utf-8/i);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).not.toMatch(/unsafe-(inline|eval)|\*/);
  expect(body).not.toMatch(/<script>|\sstyle=|\son\w+=/);
});

describe('The status page', () => {
  it('tells that the server is up, its version, and how to connect', async () => {
    const { url } = await startServer();
    const { status, headers, body } = await ask(`${url}/status`);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html; charset=utf-8/i);
    expect(body).toContain(`mesh-workspaces ${packageJson.version}`);
    expect(body).toContain("import { io } from 'socket.io-client';");
    expect(body).toContain(`io('${url}')`);
    expect(body).toContain("socket.emit('create', { workspace:");
  });

  it('lets nothing in but its own style, and no frame around it', async () => {
    const { url } = await startServer();
    const first = await ask(`${url}/status`);
    const policy = String(first.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    const nonce = /style-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1];
    expect(first.body).toContain(`<style nonce="${nonce}">`);
    expect(first.body).not.toMatch(/<script|\sstyle=|\son\w+=|https?:\/\/(?!localhost)/);
    expect(first.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(first.headers).not.toHaveProperty('x-powered-by');
    expect((await ask(`${url}/status`)).headers['content-security-policy']).not.toBe(policy);
  });

  it('cannot be made to show what somebody else puts into the Host header', async () => {
    const { url } = await startServer();
    for (const host of ['"><script>alert(1)</script>', "x');alert('1"]) {
      const { body } = await ask(`${url}/status`, { headers: { host } });
      expect(body).not.toContain('<script>');
      expect(body).not.toContain("x');alert");
    }
  });
});

it('/healthz answers monitors in JSON, afresh each time', async () => {
  const { url } = await startServer();
  const { status, headers, body } = await ask(`${url}/healthz`);
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(JSON.parse(body)).toEqual({ status: 'ok', version: packageJson.version });
});

describe('Monitors and balancers', () => {
  /** The status line and the body of the answer to exactly this text. */
  async function raw(url: string, text: string): Promise<{ status: string; body: string }> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write(text);
    let answer = '';
    for await (const bytes of socket) answer += String(bytes);
    return { status: answer.split('\r\n')[0] ?? '', body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
  }
  const close = 'Connection: close\r\n\r\n';

  it.each([
    'GET /healthz HTTP/1.0\r\n\r\n',
    'GET /readyz HTTP/1.0\r\n\r\n',
    'GET /healthz?from=balancer HTTP/1.0\r\nUser-Agent: check\r\n\r\n',
    'GET http://anybody.example/healthz HTTP/1.0\r\n\r\n',
    `GET /healthz HTTP/1.1\r\nHost:\r\n${close}`,
    `GET /healthz HTTP/1.1\r\nHost: 10.0.0.1:9090\r\n${close}`,
    `GET /healthz HTTP/1.1\r\nHost: [::1]\r\n${close}`,
    `GET /readyz HTTP/1.1\r\nHost: Nobody_Knows.example:81\r\n${close}`,
    `GET http://anybody.example/readyz HTTP/1.1\r\nHost: other.example\r\n${close}`,
  ])('are answered whatever host they name, or none: %j', async (text) => {
    const { url } = await startServer();
    const { status, body } = await raw(url, text);
    expect(status).toMatch(/^HTTP\/1\.1 200 /);
    expect(JSON.parse(body)).toMatchObject({ status: 'ok' });
  });

  it.each([
    'HEAD /healthz HTTP/1.0\r\n\r\n',
    'HEAD /readyz HTTP/1.0\r\n\r\n',
    `HEAD /healthz HTTP/1.1\r\nHost: a\r\n${close}`,
  ])('get no body where they want none: %j', async (text) => {
    const { url } = await startServer();
    const { status, body } = await raw(url, text);
    expect(status).toMatch(/^HTTP\/1\.1 200 /);
    expect(body).toBe('');
  });

  it.each([
    `GET /healthz HTTP/1.1\r\n${close}`,
    `GET /healthz HTTP/1.1\r\nHost: a b\r\n${close}`,
    `GET /healthz HTTP/1.1\r\nHost: a/b\r\n${close}`,
  ])('are refused where HTTP 1.1 wants a host and there is none: %j', async (text) => {
    const { url } = await startServer();
    expect((await raw(url, text)).status).toBe('HTTP/1.1 400 Bad Request');
  });
});

it('Anything else is not found, and says nothing of what is inside', async () => {
  const { url } = await startServer();
  for (const path of ['/nothing', '/.env', '/../package.json', '/healthz/x', '/%2e%2e/%2e%2e/etc/passwd']) {
    const { status, headers, body } = await ask(url + path);
    expect(status, path).toBe(404);
    expect(headers['content-type']).toMatch(/^text\/plain/i);
    expect(body).toBe('There is nothing here. The server itself is at /\n');
  }
  expect((await ask(url, { method: 'POST' })).status).toBe(404);
});

describe('With HTTPS', () => {
  it('serves pages and clients of all kinds, and sends the chain of authorities', async () => {
    const { env, root: ca } = await certificates();
    const { url } = await startServer(env);
    expect(url).toMatch(/^https:\/\/localhost:\d+$/);
    const { status, body } = await ask(`${url}/status`, { ca });
    expect(status).toBe(200);
    expect(body).toContain(`io('${url}')`);
    await expect(ask(url)).rejects.toThrow(/certificate/);

    for (const { version, name, transports } of generations) {
      const options = { transports: [...transports], ca, forceNew: true, reconnection: false };
      const client = version === 4 ? connectV4(url, options) : connectV2(url, options);
      onTestFinished(() => {
        client.close();
      });
      await new Promise<void>((resolve, reject) => {
        client.on('connect', () => resolve());
        client.on('connect_error', (error: Error) => reject(new Error(name, { cause: error })));
      });
      const reply = await new Promise((resolve) =>
        client.emit('create', { workspace: {}, attendee: {} }, (answer: unknown) => resolve(answer)),
      );
      expect(reply).toMatchObject({ ok: true });
    }
  });

  it('refuses files that are not there, or do not belong together, with a sentence that names them', async () => {
    const { env, file, folder } = await certificates();
    const missing = join(folder, 'missing.pem');
    for (const [name, key] of Object.entries({ HTTPS_KEY: 'key', HTTPS_CERT: 'cert', HTTPS_CA: 'ca' })) {
      const error = await startServer({ ...env, [name]: missing }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toHaveProperty('message', `The file of https.${key}, ${missing}, cannot be read.`);
    }
    for (const wrong of [
      { HTTPS_KEY: file('otherKey') },
      { HTTPS_KEY: file('garbage') },
      { HTTPS_CERT: file('key') },
    ]) {
      const error = await startServer({ ...env, ...wrong }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      const { HTTPS_KEY, HTTPS_CERT } = { ...env, ...wrong };
      const sentence = `https.key (${HTTPS_KEY}) and https.cert (${HTTPS_CERT}) are no PEM files that belong together.`;
      expect(error).toHaveProperty('message', sentence);
    }
    for (const wrong of [file('garbage'), file('key')]) {
      const error = await startServer({ ...env, HTTPS_CA: wrong }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toHaveProperty('message', `https.ca (${wrong}) holds no certificates in PEM.`);
    }
  });
});

describe('Pages of other origins', () => {
  /** Whether a page of this origin gets a connection. */
  async function connects(server: TestServer, generation: Generation, origin: string): Promise<boolean> {
    return server.connect({ generation, origin }).then(
      () => true,
      () => false,
    );
  }

  /** The handshakes of polling, as a browser sends them. */
  const handshake = (url: string, origin: string, engine = 4) =>
    ask(`${url}/socket.io/?EIO=${engine}&transport=polling`, { headers: { origin } });

  const local = ['http://localhost:3000', 'https://localhost', 'http://127.0.0.1:8080', 'http://app.localhost:5173'];
  const foreign = [
    'https://evil.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'https://evil.example:3000',
    'http://evil-localhost',
    'null',
    'localhost',
  ];

  it.each(generations)('connect in DEVELOPMENT only from this machine, with $name', async (generation) => {
    const server = await startServer();
    for (const origin of local) expect(await connects(server, generation, origin), origin).toBe(true);
    for (const origin of foreign) expect(await connects(server, generation, origin), origin).toBe(false);
  });

  it.each(generations)('connect when others are served only if they are named, with $name', async (generation) => {
    const named =
      'https://MEET.example.com:443,http://intranet.example:8080,https://bücher.example,capacitor://localhost';
    const server = await startServer({ ...production, HOST: '127.0.0.1', CORS_ORIGINS: named });
    const origins = ['https://meet.example.com', 'http://intranet.example:8080', 'https://xn--bcher-kva.example'];
    for (const origin of [...origins, 'capacitor://localhost']) {
      expect(await connects(server, generation, origin), origin).toBe(true);
    }
    const others = [
      'http://meet.example.com',
      'https://meet.example.com:8443',
      'https://meet.example.com.evil.example',
      'https://evil.meet.example.com',
      'http://intranet.example',
      'capacitor://localhost.evil.example',
      'ionic://localhost',
      'file://',
    ];
    for (const origin of [...others, ...local, ...foreign]) {
      expect(await connects(server, generation, origin), origin).toBe(false);
    }
    // A program, which is no page of anybody.
    expect((await server.connect({ generation })).socket.connected).toBe(true);
  });

  it.each([3, 4])('read answers of Engine.IO %i only if they may connect, with credentials', async (engine) => {
    const { url } = await startServer();
    for (const origin of local) {
      const { status, headers } = await handshake(url, origin, engine);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      });
      expect(headers.vary).toMatch(/origin/i);
    }
    const { status, headers, body } = await handshake(url, 'https://evil.example', engine);
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(body).toContain('Pages of this origin may not connect.');
  });

  it('are answered before they ask, in the same way', async () => {
    const { url } = await startServer({ ...production, HOST: '127.0.0.1' });
    const preflight = (origin: string) =>
      ask(`${url}/socket.io/?EIO=4&transport=polling`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    expect((await preflight('https://meet.example.com')).headers).toMatchObject({
      'access-control-allow-origin': 'https://meet.example.com',
      'access-control-allow-credentials': 'true',
    });
    const refused = (await preflight('http://localhost:3000')).headers;
    expect(refused).not.toHaveProperty('access-control-allow-origin');
  });
});
