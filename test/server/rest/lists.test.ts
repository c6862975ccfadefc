import { describe, expect, it } from 'vitest';
import { type Created, type Host, startApi } from './api.ts';

interface Page<Item = { id: string }> {
  items: Item[];
  nextCursor: string | null;
}

/** All items of a list, page by page. @param between what happens between two pages */
async function all(host: Host, path: string, between = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page = await host.must<Page>('GET', `${path}&cursor=${cursor}`);
    found.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor !== null) await between();
  }
  return found;
}

describe('The list of workspaces', () => {
  it('has each once, the newest first, while others are created between the pages', async () => {
    const { host } = await startApi();
    const made: string[] = [];
    const create = async () => {
      const { workspace } = await host.create();
      made.push(workspace.id);
    };
    for (let n = 0; n < 10; n += 1) await Promise.all(Array.from({ length: 50 }, create));
    const before = new Set(made);
    const found = await all(host, 'workspaces?limit=37', create);
    expect(found).toHaveLength(500);
    expect(new Set(found)).toEqual(before);
    expect(made.length).toBeGreaterThan(510);
    const first = await host.must<Page<Created['workspace']>>('GET', 'workspaces');
    expect(first.items).toHaveLength(50);
    const times = first.items.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort((one, other) => other - one));
    expect((await host.must<Page>('GET', 'workspaces?limit=100000')).items).toHaveLength(200);
  });

  it('shows a workspace as soon as it is created, as it is, and no more when it is closed', async () => {
    const { host } = await startApi();
    for (let n = 0; n < 10; n += 1) {
      const { workspace } = await host.create({ metadata: { n: String(n) } });
      expect(await host.must('GET', 'workspaces')).toEqual({ items: [workspace], nextCursor: null });
      await host.must('DELETE', `workspaces/${workspace.id}`);
      expect(await host.must('GET', 'workspaces')).toEqual({ items: [], nextCursor: null });
    }
  });

  it('is refused with a query that does not fit, and the field is named', async () => {
    const { host } = await startApi();
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1.5',
      'limit=many',
      'limit=',
      'cursor=x',
      'cursor=AAAA',
      `cursor=${Buffer.from('[1,"_a"]').toString('base64url')}`,
      `cursor=${'a'.repeat(501)}`,
      `cursor=${encodeURIComponent("' OR 1=1 --")}`,
      'externalId=',
      'externalId=%00',
    ]) {
      const problem = await host.refused('GET', `workspaces?${query}`);
      expect(problem).toMatchObject({ status: 422, code: 'INVALID_PAYLOAD', field: query.split('=')[0] });
    }
  });
});

describe('An id of the host system', () => {
  it('belongs to one workspace at a time, and is free again when that is closed', async () => {
    const { host } = await startApi();
    const externalId = "Fall 7/ä 😀 '; drop table";
    const first = await host.create({ externalId });
    expect(first.workspace.externalId).toBe(externalId);
    const body = { owner: { name: 'Ada' }, externalId };
    expect(await host.refused('POST', 'workspaces', { body })).toMatchObject({
      status: 409,
      code: 'EXTERNAL_ID_TAKEN',
      workspace: { id: first.workspace.id },
    });
    const query = `workspaces?externalId=${encodeURIComponent(externalId)}`;
    await host.create({ externalId: 'another' });
    expect((await host.must<Page>('GET', query)).items.map(({ id }) => id)).toEqual([first.workspace.id]);
    await host.must('DELETE', `workspaces/${first.workspace.id}`);
    const second = await host.create({ externalId });
    expect((await host.must<Page>('GET', query)).items.map(({ id }) => id)).toEqual([second.workspace.id]);
  });

  it('goes to one of many callers that ask for it at once', async () => {
    const { host } = await startApi();
    for (const externalId of ['a', 'b', 'c']) {
      const body = { owner: { name: 'Ada' }, externalId };
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => host.ask<Created>('POST', 'workspaces', { body })),
      );
      const created = answers.filter(({ status }) => status === 201);
      expect(created).toHaveLength(1);
      for (const { status } of answers) expect([201, 409, 503]).toContain(status);
      await host.must('DELETE', `workspaces/${created[0]?.body.workspace.id}`);
      const again = await Promise.all(
        Array.from({ length: 10 }, () => host.ask<Created>('POST', 'workspaces', { body })),
      );
      expect(again.filter(({ status }) => status === 201)).toHaveLength(1);
    }
    expect((await host.must<Page>('GET', 'workspaces')).items).toHaveLength(3);
  });

  it('stays free where its workspace could not be created', async () => {
    const { host } = await startApi({ MAX_WORKSPACES: '1' });
    const { workspace } = await host.create();
    const body = { owner: { name: 'Ada' }, externalId: 'case-7' };
    expect(await host.refused('POST', 'workspaces', { body })).toMatchObject({ status: 503 });
    await host.must('DELETE', `workspaces/${workspace.id}`);
    await expect.poll(async () => (await host.ask('POST', 'workspaces', { body })).status).toBe(201);
  });
});
