import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../support/fixtures.ts';
import { type Created, Host, keys, type Problem, startApi } from './api.ts';

/** Every operation that a key of some scope can ask for, without any effect. */
const reading = ['workspaces', 'workspaces/_x', 'workspaces/_x/attendees', 'calls', 'calls/x'];

describe('Without API_KEYS', () => {
  it('there is no API: its paths are like all others where nothing is', async () => {
    const { url } = await startServer();
    for (const path of ['api/v1/workspaces', 'api/v1/openapi.json', 'api/v1']) {
      const response = await fetch(`${url}/${path}`, { headers: { Authorization: `Bearer ${keys.clinic}` } });
      expect([response.status, await response.text()]).toEqual([404, await (await fetch(`${url}/nothing`)).text()]);
    }
    expect((await fetch(`${url}/api/v1/workspaces`, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

describe('A request', () => {
  it('needs a key that the server knows, in the header Authorization', async () => {
    const { host } = await startApi();
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      keys.clinic,
      `Basic ${keys.clinic}`,
      `Basic ${Buffer.from(`clinic:${keys.clinic}`).toString('base64')}`,
      `Bearer clinic:${keys.clinic}`,
      `Bearer ${keys.clinic}x`,
      `Bearer ${keys.clinic.slice(0, -1)}`,
      `Bearer ${keys.clinic.toLowerCase()}`,
      `Bearer ${keys.clinic} ${keys.clinic}`,
      `Bearer ${keys.clinic}, Bearer ${keys.admin}`,
      `Bearer ${'x'.repeat(8_000)}`,
    ]) {
      const headers = { Authorization: authorization };
      const answer = await host.ask('POST', 'workspaces', { key: null, headers, body: { owner: { name: 'x' } } });
      expect(answer, authorization).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="mesh-workspaces"/);
    }
    for (const path of reading) expect((await host.ask('GET', path, { key: null })).status).toBe(401);
    // Neither the query nor a body proves anything.
    const inQuery = await host.ask('GET', `workspaces?access_token=${keys.clinic}&key=${keys.clinic}`, { key: null });
    expect(inQuery.status).toBe(401);
    const anyCase = { Authorization: `bearer ${keys.clinic}` };
    expect((await host.ask('GET', 'workspaces', { key: null, headers: anyCase })).status).toBe(200);
    expect(await host.must('GET', 'workspaces')).toMatchObject({ items: [] });
  });

  it('can do what its key may, and is told which scope is missing', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create();
    for (const path of reading) {
      const answer = await host.ask('GET', path, { key: keys.writer });
      expect(answer).toMatchObject({ status: 403, body: { code: 'NOT_ALLOWED', detail: /'read'/ } });
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="read"');
    }
    const writing: [string, string][] = [
      ['POST', 'workspaces'],
      ['PATCH', `workspaces/${workspace.id}`],
      ['DELETE', `workspaces/${workspace.id}`],
      ['POST', `workspaces/${workspace.id}/invitations`],
      ['DELETE', `workspaces/${workspace.id}/attendees/_x`],
      ['POST', 'calls/x/end'],
    ];
    for (const [method, path] of writing) {
      const asked = { key: keys.reader, body: { name: 'changed', owner: { name: 'x' } } };
      expect(await host.refused(method, path, asked)).toMatchObject({ status: 403, code: 'NOT_ALLOWED' });
    }
    expect(await host.must('GET', 'workspaces', { key: keys.reader })).toMatchObject({ items: [workspace] });
    await host.create({}, { key: keys.writer });
  });

  it('is answered in JSON that nobody keeps, for pages of no other origin', async () => {
    const { host } = await startApi();
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
    for (const [method, key] of [
      ['GET', keys.clinic],
      ['GET', null],
      ['OPTIONS', null],
      ['OPTIONS', keys.clinic],
    ] as const) {
      const answer = await host.ask(method, 'workspaces', { key, headers });
      for (const name of answer.headers.keys()) expect(name).not.toMatch(/^access-control-/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('with another method than its path takes is told which', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create();
    const one = `workspaces/${workspace.id}`;
    for (const [method, path, allowed] of [
      ['PUT', 'workspaces', 'GET, HEAD, OPTIONS, POST'],
      ['DELETE', 'workspaces', 'GET, HEAD, OPTIONS, POST'],
      ['POST', one, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
      ['GET', 'calls/x/end', 'OPTIONS, POST'],
    ] as const) {
      const answer = await host.ask(method, path);
      expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
      expect(answer.headers.get('allow')).toBe(allowed);
      const options = await host.ask('OPTIONS', path);
      expect([options.status, options.headers.get('allow')]).toEqual([204, allowed]);
    }
    const head = await host.ask('HEAD', one);
    expect([head.status, head.body, head.headers.get('etag')]).toEqual([200, null, '"1"']);
  });

  it('for a path where nothing is says so', async () => {
    const { host } = await startApi();
    for (const path of ['', 'nothing', 'workspaces/', 'workspaces/_x/nothing', 'Workspaces', '%2e%2e%2fhealthz']) {
      expect(await host.refused('GET', path), path).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('counts for its key, and is told when it can come again where the key has too many', async () => {
    const { server, host } = await startApi({ API_REQUESTS_PER_MINUTE: '5' });
    for (let n = 0; n < 5; n += 1) expect((await host.ask('GET', 'workspaces')).status).toBe(200);
    const answer = await host.ask<Problem>('GET', 'workspaces');
    expect(answer).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } });
    expect(answer.headers.get('retry-after')).toBe(String(answer.body.retryAfter));
    expect(answer.body.retryAfter).toBeGreaterThan(50);
    expect((await host.ask('GET', 'workspaces', { key: keys.reader })).status).toBe(200);
    expect((await host.ask('GET', 'workspaces', { key: null })).status).toBe(401);
    expect((await fetch(`${server.url}/api/v1/openapi.json`)).status).toBe(200);
  });
});

it('An API below base_path is there, and nowhere else', async () => {
  const { server } = await startApi({ BASE_PATH: '/calls/' });
  const below = new Host(`${server.url}/calls`);
  const { workspace, owner } = await below.must<Created>('POST', 'workspaces', { body: { owner: { name: 'Ada' } } });
  expect(owner.url).toBe(`${server.url}/calls/#${owner.token}`);
  expect(await below.must('GET', `workspaces/${workspace.id}`)).toMatchObject({ workspace: { id: workspace.id } });
  expect((await fetch(`${server.url}/api/v1/openapi.json`)).status).toBe(404);
});

describe('Hostile input', () => {
  /** A request with exactly these headers and bytes. */
  function raw(url: string, method: string, headers: Record<string, string>, body: Iterable<string | Buffer>) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { hostname, port, pathname } = new URL(url);
      const asked = request({ hostname, port, path: pathname, method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on('error', reject);
      for (const part of body) asked.write(part);
      asked.end();
    });
  }

  it('is refused where it is larger than anything that is meant, whatever it says of its length', async () => {
    const { host } = await startApi();
    const large = JSON.stringify({ owner: { name: 'x'.repeat(70_000) } });
    expect(await host.refused('POST', 'workspaces', { body: large })).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    const headers = { authorization: `Bearer ${keys.clinic}`, 'content-type': 'application/json' };
    const chunked = await raw(`${host.url}/workspaces`, 'POST', headers, [large, large]);
    expect(chunked).toMatchObject({ status: 413 });
    // The server lives, and the key is served.
    expect((await host.ask('GET', 'workspaces')).status).toBe(200);
  });

  it('is refused where it is no JSON, or says that it is something else', async () => {
    const { host } = await startApi();
    for (const body of ['{', '[', '{"owner":{"name":"x"}', 'null null', '\u0000', "{'owner':{'name':'x'}}", '<x/>']) {
      expect(await host.refused('POST', 'workspaces', { body }), body).toMatchObject({
        status: 400,
        code: 'INVALID_JSON',
      });
    }
    const body = JSON.stringify({ owner: { name: 'x' } });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect(await host.refused('POST', 'workspaces', { body, headers: { 'Content-Type': type } })).toMatchObject({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
    }
    for (const type of ['application/json; charset=utf-8', 'application/merge-patch+json']) {
      expect((await host.ask('POST', 'workspaces', { body, headers: { 'Content-Type': type } })).status).toBe(201);
    }
  });

  it('is refused where it does not fit, and the field is named', async () => {
    const { host } = await startApi();
    const owner = { name: 'Ada' };
    const wrong: [unknown, string][] = [
      [undefined, 'owner'],
      [null, 'owner'],
      [[], 'payload'],
      ['text', 'payload'],
      [7, 'payload'],
      [{}, 'owner'],
      [{ owner: 'Ada' }, 'owner'],
      [{ owner: {} }, 'owner'],
      [{ owner: { name: 7 } }, 'owner.name'],
      [{ owner: { user: 'ada' } }, 'owner.user'],
      [{ owner: { user: { id: '' } } }, 'owner.user.id'],
      [{ owner: { user: { id: 'a\u0000b' } } }, 'owner.user.id'],
      [{ owner: { user: { id: 'x'.repeat(256) } } }, 'owner.user.id'],
      [{ owner: { ...owner, admin: true } }, 'owner.admin'],
      [{ owner, name: ['x'] }, 'name'],
      [{ owner, name: 'x'.repeat(101) }, 'name'],
      [{ owner, pin: 2468 }, 'pin'],
      [{ owner, pin: '' }, 'pin'],
      [{ owner, capacity: 0 }, 'capacity'],
      [{ owner, capacity: 6 }, 'capacity'],
      [{ owner, capacity: 2.5 }, 'capacity'],
      [{ owner, capacity: '2' }, 'capacity'],
      [{ owner, externalId: '' }, 'externalId'],
      [{ owner, externalId: 'a\nb' }, 'externalId'],
      [{ owner, externalId: 'a\ud800b' }, 'externalId'],
      [{ owner, externalId: 'x'.repeat(256) }, 'externalId'],
      [{ owner, metadata: [] }, 'metadata'],
      [{ owner, metadata: { a: 1 } }, 'metadata.a'],
      [{ owner, metadata: { a: { b: 'c' } } }, 'metadata.a'],
      [{ owner, metadata: { 'a b': 'c' } }, 'metadata.a b'],
      [{ owner, metadata: { '': 'c' } }, 'metadata.'],
      [{ owner, metadata: { a: 'x\u0000' } }, 'metadata.a'],
      [{ owner, metadata: { a: 'x'.repeat(4_096) } }, 'metadata'],
      [{ owner, unknown: true }, 'unknown'],
      [{ owner, id: '_mine' }, 'id'],
      ['{"owner":{"name":"x"},"__proto__":{"capacity":2}}', '__proto__'],
      ['{"owner":{"name":"x"},"metadata":{"__proto__":"x"}}', 'metadata.__proto__'],
      ['{"owner":{"name":"x"},"metadata":{"a":{"__proto__":"x"}}}', 'metadata.a'],
      [`{"owner":{"name":"x"},"metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`, 'metadata.a'],
      [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'payload'],
      [{ owner, ['x'.repeat(60_000)]: 1 }, 'x'.repeat(100)],
    ];
    for (const [body, field] of wrong) {
      const name = (typeof body === 'string' ? body : (JSON.stringify(body) ?? 'nothing')).slice(0, 80);
      const problem = await host.refused('POST', 'workspaces', {
        body: typeof body === 'string' && body === 'text' ? '"text"' : body,
      });
      expect(problem, name).toMatchObject({ status: 422, code: 'INVALID_PAYLOAD', field });
      expect(problem.detail.length, name).toBeLessThan(300);
    }
    expect(await host.must('GET', 'workspaces')).toMatchObject({ items: [] });
  });

  it('is text like any other where it is the name of something inside', async () => {
    const { host } = await startApi();
    const body = '{"owner":{"name":"constructor"},"metadata":{"constructor":"y","toString":"z"}}';
    const { workspace } = await host.must<Created>('POST', 'workspaces', { body });
    expect(Object.entries(workspace.metadata)).toEqual([
      ['constructor', 'y'],
      ['toString', 'z'],
    ]);
    expect(await host.must('GET', `workspaces/${workspace.id}`)).toEqual({ workspace });
    const path = `workspaces/${workspace.id}`;
    expect(await host.refused('PATCH', path, { body: '{"metadata":{"a":"b","__proto__":"x"}}' })).toMatchObject({
      status: 422,
      field: 'metadata.__proto__',
      detail: expect.stringContaining('cannot be kept'),
    });
    expect(await host.must('GET', path)).toEqual({ workspace });
  });

  it('in a header changes nothing but its own answer', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create();
    const headers = {
      Host: 'evil.example',
      'X-Forwarded-Proto': 'https',
      'X-HTTP-Method-Override': 'DELETE',
      'X-Original-URL': '/healthz',
      Forwarded: 'host=evil.example',
    };
    const answer = await raw(
      `${host.url}/workspaces/${workspace.id}`,
      'GET',
      { authorization: `Bearer ${keys.clinic}`, ...headers },
      [],
    );
    expect(JSON.parse(answer.text)).toEqual({ workspace });
    expect(answer.text).not.toContain('evil');
  });
});
