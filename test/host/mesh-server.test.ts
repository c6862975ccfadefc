import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MeshServer, MeshServerError, type MeshServerOptions } from '../../src/host/mesh-server.ts';
import { readSettings } from '../../src/server/config/settings.ts';
import { operationsOf } from '../../src/server/rest/operations.ts';
import { keys, startApi } from '../server/rest/api.ts';
import { open } from '../server/rest/visitor.ts';

/** A host system of a server with an API. */
async function start(options: Partial<MeshServerOptions> = {}) {
  const { server } = await startApi();
  return { server, mesh: new MeshServer({ url: server.url, apiKey: keys.clinic, ...options }) };
}

/** The error of something that has to fail. */
async function errorOf(promise: Promise<unknown>): Promise<MeshServerError> {
  const error: unknown = await promise.then(
    () => null,
    (reason) => reason,
  );
  if (!(error instanceof MeshServerError)) throw new Error(`it ended with ${error}`);
  return error;
}

/** A web server that is none of ours. */
async function somebodyElse(status: number, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, headers).end('<h1>Hello</h1>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('MeshServer', () => {
  it('opens a consultation, whose links work, and closes it', async () => {
    const { server, mesh } = await start();
    const opened = await mesh.openConsultation({ provider: { id: 'ada', name: 'Dr. Ada' }, externalId: 'visit 7/3' });
    const ada = await open(server, opened.owner.url);
    expect(ada.granted.attendee).toMatchObject({ owner: true, name: 'Dr. Ada' });
    const [found] = await mesh.listConsultations({ externalId: 'visit 7/3', status: 'open' }).all();
    expect(found?.id).toBe(opened.consultation.id);
    const { consultation } = await mesh.closeConsultation(opened.consultation.id);
    expect(consultation).toMatchObject({ status: 'closed', workspace: null });
    await ada.client.notice('destroyed');
  });

  it('sends each operation as the API describes it', async () => {
    const sent: { method: string; path: string }[] = [];
    const record: typeof fetch = async (url, init) => {
      const { pathname } = new URL(String(url));
      sent.push({ method: init?.method ?? '', path: pathname.replace('/calls/api/v1/', '') });
      return Response.json({ items: [], nextCursor: null });
    };
    const mesh = new MeshServer({ url: 'https://example.com/calls/', apiKey: keys.clinic, fetch: record });
    const operations = operationsOf(readSettings({}));
    for (const { id, path } of operations) {
      const method = Reflect.get(mesh, id) as (...given: unknown[]) => Promise<unknown> | { all(): Promise<unknown> };
      const ids = (path.match(/\{/g) ?? []).map((_, index) => `a/b?${index}`);
      const list = await method.call(mesh, ...ids, {});
      if (list && typeof list === 'object' && 'all' in list && typeof list.all === 'function') await list.all();
    }
    const expected = operations.map(({ method, path }) => {
      let index = 0;
      const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(`a/b?${index++}`));
      return { method: method.toUpperCase(), path: filled };
    });
    expect(sent).toEqual(expected);
  });

  it('rejects with the code, the status, the field and the sentence of the server', async () => {
    const { mesh } = await start();
    const missing = await errorOf(mesh.getWorkspace('nowhere'));
    expect(missing).toMatchObject({ code: 'WORKSPACE_GONE', status: 404, retryAfter: null, field: null });
    expect(missing.message).toContain('no workspace');
    const name = 'x'.repeat(10_000);
    const wrong = await errorOf(mesh.openConsultation({ provider: { id: 'ada', name } }));
    expect(wrong).toMatchObject({ code: 'INVALID_PAYLOAD', status: 422, field: 'provider.name' });
    const { workspace } = await mesh.createWorkspace({ owner: { name: 'Ada' }, externalId: 'one' });
    const taken = await errorOf(mesh.createWorkspace({ owner: { name: 'Ada' }, externalId: 'one' }));
    expect(taken).toMatchObject({ code: 'EXTERNAL_ID_TAKEN', status: 409, workspace: { id: workspace.id } });
  });

  it('reads a list page by page', async () => {
    let pages = 0;
    const { mesh } = await start({
      fetch: (url, init) => {
        if (init?.method === 'GET') pages += 1;
        return fetch(url, init);
      },
    });
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await mesh.createWorkspace({ name, owner: { name: 'Ada' } });
    const list = mesh.listWorkspaces({ limit: 2 });
    expect(pages).toBe(0);
    const found: string[] = [];
    for await (const { name } of list) {
      found.push(name);
      expect(pages).toBe(Math.ceil(found.length / 2));
    }
    expect(found.sort()).toEqual(names);
    const { items, nextCursor } = await list.page();
    const next = await list.page(nextCursor ?? '');
    expect([...items, ...next.items].length).toBe(4);
  });

  it('changes a workspace only in the revision that it has read', async () => {
    const { mesh } = await start();
    const { workspace } = await mesh.createWorkspace({ owner: { name: 'Ada' } });
    const { workspace: renamed } = await mesh.updateWorkspace(workspace.id, { name: 'B' }, { ifRev: workspace.rev });
    expect(renamed.name).toBe('B');
    const late = await errorOf(mesh.updateWorkspace(workspace.id, { name: 'C' }, { ifRev: workspace.rev }));
    expect(late).toMatchObject({ code: 'PRECONDITION_FAILED', status: 412 });
    await mesh.closeWorkspace(workspace.id, { ifRev: renamed.rev });
  });

  it('creates a thing once, though the first answer was lost', async () => {
    let requests = 0;
    const { mesh } = await start({
      fetch: async (url, init) => {
        requests += 1;
        const response = await fetch(url, init);
        if (requests > 1) return response;
        await response.arrayBuffer();
        throw new TypeError('fetch failed');
      },
    });
    await mesh.createWorkspace({ owner: { name: 'Ada' } });
    expect(requests).toBe(2);
    expect((await mesh.listWorkspaces().all()).length).toBe(1);
    const options = { idempotencyKey: 'my-own' };
    const first = await mesh.createWorkspace({ owner: { name: 'Bob' } }, options);
    expect(await mesh.createWorkspace({ owner: { name: 'Bob' } }, options)).toEqual(first);
  });

  it('tries again when the server says that it can pass, and not longer than it was told to', async () => {
    const busy = { title: 'Busy', status: 503, detail: 'Busy.', code: 'BUSY_TRY_AGAIN', retryAfter: 0 };
    let left = 2;
    const { mesh } = await start({
      fetch: (url, init) => {
        left -= 1;
        return left < 0 ? fetch(url, init) : Promise.resolve(Response.json(busy, { status: 503 }));
      },
    });
    await mesh.createWorkspace({ owner: { name: 'Ada' } });
    left = 3;
    expect(await errorOf(mesh.listWorkspaces().all())).toMatchObject({ code: 'BUSY_TRY_AGAIN', retryAfter: 0 });
    expect(left).toBe(0);
    busy.retryAfter = 3600;
    left = 1;
    expect(await errorOf(mesh.listWorkspaces().all())).toMatchObject({ retryAfter: 3600 });
  });

  it('says that there is no server, or that it is somebody else', async () => {
    const options = { apiKey: keys.clinic, retries: 0 };
    const nobody = new MeshServer({ url: 'http://127.0.0.1:1', ...options });
    expect(await errorOf(nobody.listNodes().all())).toMatchObject({ code: 'NO_ANSWER', status: null });
    const other = new MeshServer({ url: await somebodyElse(200), ...options });
    expect(await errorOf(other.getCall('1'))).toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 200 });
    const { server } = await start();
    const elsewhere = await somebodyElse(307, { Location: `${server.url}/api/v1/workspaces` });
    const redirected = new MeshServer({ url: elsewhere, ...options });
    expect(await errorOf(redirected.listWorkspaces().all())).toMatchObject({ status: 307 });
  });

  it('gives up when its signal says so, and counts a late answer as lost', async () => {
    const never: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    const options = { url: 'https://example.com', apiKey: keys.clinic, fetch: never };
    const reason = new Error('enough');
    await expect(new MeshServer(options).getCall('1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const late = new MeshServer({ ...options, timeoutMs: 1, retries: 0 });
    expect(await errorOf(late.getCall('1'))).toMatchObject({ code: 'NO_ANSWER' });
  });

  it('hands a file out as the response, as far as it was asked for', async () => {
    const asked: (string | null)[] = [];
    const sendFile: typeof fetch = async (_, init) => {
      asked.push(new Headers(init?.headers).get('Range'));
      return new Response(new Uint8Array([1, 2]), { status: 206 });
    };
    const mesh = new MeshServer({ url: 'https://example.com', apiKey: keys.clinic, fetch: sendFile });
    const response = await mesh.getRecordingPart('r', 1, { range: 'bytes=0-1' });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2]));
    expect(asked).toEqual(['bytes=0-1']);
    const { mesh: real } = await start();
    expect(await errorOf(real.getRecordingPart('r', 1))).toMatchObject({ code: 'CONFLICT', status: 409 });
  });

  it.each(['', '.', '..'])('sends no id that would lead to another operation: "%s"', async (id) => {
    const { mesh } = await start();
    await expect(mesh.closeWorkspace(id)).rejects.toThrow(TypeError);
  });

  it.each([
    { url: 'calls.example.com', apiKey: 'k' },
    { url: 'ftp://calls.example.com', apiKey: 'k' },
    { url: 'https://ada:secret@calls.example.com', apiKey: 'k' },
    { url: 'https://calls.example.com', apiKey: '' },
    { url: 'https://calls.example.com', apiKey: 'two\nlines' },
  ])('refuses options that cannot lead to a server, and repeats none of them: %o', ({ url, apiKey }) => {
    const make = () => new MeshServer({ url, apiKey });
    expect(make).toThrow(/^MeshServer: `(url|apiKey)` must /);
    expect(make).not.toThrow(/secret@|two\nlines/);
  });

  it('shows its key in no error', async () => {
    const { server } = await startApi();
    const apiKey = 'not-a-key-of-this-server';
    const error = await errorOf(new MeshServer({ url: server.url, apiKey }).getCall('1'));
    expect(error).toMatchObject({ code: 'INVALID_TOKEN', status: 401 });
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(apiKey);
  });
});
