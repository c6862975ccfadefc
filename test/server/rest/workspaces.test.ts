import { describe, expect, it } from 'vitest';
import { type Created, keys, startApi } from './api.ts';
import { open } from './visitor.ts';

describe('A workspace that a host system creates', () => {
  it('is answered with all that it was given, and with links of the page where the server listens', async () => {
    const { server, host } = await startApi();
    const { status, headers, body } = await host.ask<Created>('POST', 'workspaces', {
      body: {
        name: 'Consultation',
        pin: '2468',
        capacity: 2,
        owner: { name: 'Dr. Ada' },
        metadata: { ward: 'B 7', 'billing:code': 'ä 😀' },
      },
    });
    expect(status).toBe(201);
    expect(body.workspace).toEqual({
      id: expect.stringMatching(/^_[\w-]{10}$/),
      name: 'Consultation',
      owner: { id: expect.stringMatching(/^_[\w-]{10}$/), name: 'Dr. Ada', user: null },
      externalId: null,
      metadata: { ward: 'B 7', 'billing:code': 'ä 😀' },
      hasPin: true,
      capacity: 2,
      admission: 'open',
      attendeeCount: 0,
      waitingCount: 0,
      callMinutes: null,
      callMinutesUsed: 0,
      call: null,
      createdAt: expect.any(Number),
      rev: 1,
    });
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('location')).toBe(`${host.url}/workspaces/${body.workspace.id}`);
    for (const { url, token } of [body.invitation, body.owner]) {
      expect(url).toBe(`${server.url}/#${token}`);
      expect(token).toMatch(/^[\w.-]{51,150}$/);
    }
    expect(await host.must('GET', `workspaces/${body.workspace.id}`)).toEqual({ workspace: body.workspace });
  });

  it('opens to the owner without the PIN, and to guests with it', async () => {
    const { server, host } = await startApi();
    const created = await host.create({ pin: '2468' });
    const guest = await open(server, created.invitation.url, { name: 'Bob' }, '2468');
    expect(guest.granted.workspace.owner).toBe(created.workspace.owner.id);
    const stranger = await server.connect();
    const wrong = { workspace: { token: created.invitation.token, pin: '1357' }, attendee: {} };
    expect(await stranger.refused('attend', wrong)).toMatchObject({ code: 'WRONG_PIN' });
    const owner = await open(server, created.owner.url);
    expect(owner.granted.attendee).toMatchObject({ id: created.workspace.owner.id, name: 'Dr. Ada', owner: true });
    await owner.client.must('renew-invitation', owner.proof);
    await owner.client.must('leave', owner.proof);
    expect((await open(server, created.owner.url)).granted.attendee).toMatchObject({ owner: true });
  });

  it('has as many seats as it was given, one of them the owner’s', async () => {
    const { server, host } = await startApi();
    const created = await host.create({ capacity: 2 });
    await open(server, created.invitation.url);
    const late = await server.connect();
    expect(
      await late.refused('attend', { workspace: { token: created.invitation.token }, attendee: {} }),
    ).toMatchObject({
      code: 'FULL',
      capacity: 2,
    });
    await open(server, created.owner.url);
  });

  it('has the names of the server where it was given none, and names without what a page must not get', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create({ owner: { name: '  <b>Zoë</b> O’Brien\u202e ' }, name: '' });
    expect(workspace).toMatchObject({ name: 'Anonymous Workspace', capacity: 5 });
    expect(workspace.owner.name).toBe('bZoë/b O’Brien');
  });

  it('has links of PUBLIC_URL, whatever host a request names', async () => {
    const { host } = await startApi({ PUBLIC_URL: 'https://meet.example.com', BASE_PATH: '/calls/' });
    const below = `${host.url.replace('/api/v1', '/calls/api/v1')}`;
    const response = await fetch(`${below}/workspaces`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${keys.clinic}`,
        'Content-Type': 'application/json',
        'X-Forwarded-Host': 'evil.example',
      },
      body: JSON.stringify({ owner: { name: 'Ada' } }),
    });
    const created = (await response.json()) as Created;
    expect(created.owner.url).toBe(`https://meet.example.com/calls/#${created.owner.token}`);
    expect(created.invitation.url).toBe(`https://meet.example.com/calls/#${created.invitation.token}`);
    expect(response.headers.get('location')).toBe(
      `https://meet.example.com/calls/api/v1/workspaces/${created.workspace.id}`,
    );
  });
});

describe('Changing a workspace', () => {
  it('changes what it is given and nothing else', async () => {
    const { server, host } = await startApi();
    const created = await host.create({ name: 'Before', pin: '2468', capacity: 2, metadata: { a: '1', b: '2' } });
    const path = `workspaces/${created.workspace.id}`;
    const patched = await host.must<Created>('PATCH', path, {
      body: { name: 'After', metadata: { c: '3' }, capacity: null, pin: '1357' },
    });
    expect(patched.workspace).toEqual({
      ...created.workspace,
      name: 'After',
      metadata: { c: '3' },
      capacity: 5,
      rev: 2,
    });
    await open(server, created.invitation.url, {}, '1357');
    expect(await host.must<Created>('PATCH', path, { body: { pin: null } })).toMatchObject({
      workspace: { hasPin: false, name: 'After' },
    });
    expect((await open(server, created.invitation.url)).granted.workspace.name).toBe('After');
  });

  it('with nothing changes nothing, not even its revision', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create();
    expect(await host.must('PATCH', `workspaces/${workspace.id}`, { body: {} })).toEqual({ workspace });
  });

  it('changes nothing where it is not as If-Match says', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create({ name: 'One' });
    const path = `workspaces/${workspace.id}`;
    const patch = (ifMatch: string, name: string) =>
      host.ask<Created>('PATCH', path, { body: { name }, headers: { 'If-Match': ifMatch } });
    const first = await patch('"1"', 'Two');
    expect(first).toMatchObject({ status: 200, body: { workspace: { name: 'Two', rev: 2 } } });
    expect(first.headers.get('etag')).toBe('"2"');
    for (const stale of ['"1"', 'W/"2"', '2', '"7", "1"', ''])
      expect((await patch(stale, 'x')).status, stale).toBe(412);
    expect(await host.refused('DELETE', path, { headers: { 'If-Match': '"1"' } })).toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect(await host.must('GET', path)).toMatchObject({ workspace: { name: 'Two', rev: 2 } });
    expect((await patch('"7", "2"', 'Three')).status).toBe(200);
    expect((await patch('*', 'Four')).status).toBe(200);
    const racers = await Promise.all([1, 2, 3, 4, 5].map((n) => patch('"4"', `Racer ${n}`)));
    expect(racers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
  });

  it('is not needed by a client that has it already', async () => {
    const { host } = await startApi();
    const { workspace } = await host.create();
    const again = await host.ask('GET', `workspaces/${workspace.id}`, { headers: { 'If-None-Match': 'W/"1"' } });
    expect(again).toMatchObject({ status: 304, body: null });
    const other = await host.ask('GET', `workspaces/${workspace.id}`, { headers: { 'If-None-Match': '"2"' } });
    expect(other.status).toBe(200);
  });
});

describe('Closing a workspace', () => {
  it('sends everybody home, the owner too, and leaves nothing to open', async () => {
    const { server, host } = await startApi();
    const created = await host.create();
    const owner = await open(server, created.owner.url);
    const guest = await open(server, created.invitation.url);
    const path = `workspaces/${created.workspace.id}`;
    expect(await host.ask('DELETE', path)).toMatchObject({ status: 204, body: null });
    await owner.client.notice('destroyed');
    await guest.client.notice('destroyed');
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const asked = method === 'PATCH' ? { body: { name: 'x' } } : {};
      expect(await host.refused(method, path, asked)).toMatchObject({ code: 'WORKSPACE_GONE', status: 404 });
    }
    expect(
      await owner.client.refused('attend', { workspace: { token: created.owner.token }, attendee: {} }),
    ).toMatchObject({ code: 'WORKSPACE_GONE' });
  });
});

describe('The attendees of a workspace', () => {
  it('are listed page by page, each once', async () => {
    const { server, host } = await startApi();
    const created = await host.create();
    const people = [
      await open(server, created.owner.url),
      await open(server, created.invitation.url, { name: 'Bob' }),
      await open(server, created.invitation.url, { name: 'Eve' }),
    ];
    const path = `workspaces/${created.workspace.id}/attendees`;
    type Page = { items: { id: string; name: string; owner: boolean }[]; nextCursor: string | null };
    const whole = await host.must<Page>('GET', path);
    expect(whole.nextCursor).toBeNull();
    expect(whole.items.map(({ id }) => id).sort()).toEqual(people.map(({ id }) => id).sort());
    expect(whole.items.find(({ owner }) => owner)).toEqual({
      id: created.workspace.owner.id,
      name: 'Dr. Ada',
      avatar: '',
      user: null,
      owner: true,
      connected: true,
      onCall: false,
      mic: true,
      cam: true,
    });
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await host.must<Page>('GET', `${path}?limit=1&cursor=${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(found).toEqual(whole.items.map(({ id }) => id));
  });

  it('can be removed, and everybody hears of it', async () => {
    const { server, host } = await startApi();
    const created = await host.create();
    const owner = await open(server, created.owner.url);
    const guest = await open(server, created.invitation.url, { name: 'Bob' });
    const path = `workspaces/${created.workspace.id}/attendees`;
    expect((await host.ask('DELETE', `${path}/${guest.id}`)).status).toBe(204);
    expect(await guest.client.notice('kicked')).toEqual({ id: guest.id, name: 'Bob' });
    expect(await owner.client.notice('kicked')).toEqual({ id: guest.id, name: 'Bob' });
    expect(await guest.client.refused('attendees', guest.proof)).toMatchObject({ code: 'NOT_SEATED' });
    expect(await host.refused('DELETE', `${path}/${guest.id}`)).toMatchObject({
      status: 404,
      code: 'NO_SUCH_ATTENDEE',
    });
    expect(await host.refused('DELETE', `${path}/${owner.id}`)).toMatchObject({ status: 422, field: 'attendee' });
    expect(await host.refused('DELETE', `workspaces/_nobody/attendees/${owner.id}`)).toMatchObject({ status: 404 });
  });
});

describe('Another invitation', () => {
  it('opens the workspace to a guest until the time that it was given', async () => {
    let now = Date.now();
    const { server, host } = await startApi({}, { now: () => now });
    const { workspace } = await host.create();
    const path = `workspaces/${workspace.id}/invitations`;
    const link = await host.must<{ url: string; token: string }>('POST', path, { body: { expiresAt: now + 60_000 } });
    expect(link.url).toBe(`${server.url}/#${link.token}`);
    await open(server, link.url);
    now += 61_000;
    const late = await server.connect();
    const invited = { workspace: { token: link.token }, attendee: {} };
    expect(await late.refused('attend', invited)).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await host.refused('POST', path, { body: { expiresAt: now } })).toMatchObject({ field: 'expiresAt' });
    await open(server, (await host.must<{ url: string }>('POST', path, { body: {} })).url);
    await open(server, (await host.must<{ url: string }>('POST', path)).url);
  });
});
