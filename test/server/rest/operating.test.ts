import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { attend, connectCall, createWorkspace } from '../../support/fixtures.ts';
import { keys, startApi } from './api.ts';

interface FailedPair {
  at: number;
  workspace: { id: string };
  attendee: { id: string };
  peer: { id: string };
  route: string | null;
  reason: string | null;
  connectedAt: number | null;
}

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

const key = keys.admin;

describe('The operations for operators', () => {
  it('are for keys with the scope admin', async () => {
    const { host } = await startApi();
    for (const path of ['nodes', 'failed-pairs']) {
      const { status, code, detail } = await host.refused('GET', path);
      expect([status, code]).toEqual([403, 'NOT_ALLOWED']);
      expect(detail).toContain("'admin'");
      expect((await host.refused('GET', path, { key: null })).status).toBe(401);
      await host.must('GET', path, { key });
    }
  });

  it('are open to a key that has no other scope, and so are all others', async () => {
    const secret = 'Wd8QmZt5NrXk2VjB7yLcHs4PfGu9Ea6i';
    const { host } = await startApi({ API_KEYS: `ops:${secret}:admin` });
    await host.must('GET', 'nodes', { key: secret });
    const { workspace } = await host.create({}, { key: secret });
    await host.must('GET', `workspaces/${workspace.id}`, { key: secret });
  });

  it('show the node with what it says of itself', async () => {
    const { server, host } = await startApi();
    await createWorkspace(server);
    await server.connect();
    const { items } = await host.must<Page<object>>('GET', 'nodes', { key });
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{8}$/),
        isAnswering: true,
        isReady: true,
        host: expect.any(String),
        version: packageJson.version,
        startedAt: expect.any(Number),
        connections: 2,
        seats: 1,
        memoryBytes: expect.any(Number),
      },
    ]);
  });
});

describe('Pairs that failed', () => {
  async function onCall() {
    const api = await startApi();
    const owner = await createWorkspace(api.server);
    const guest = await attend(api.server, owner);
    await connectCall(owner, guest);
    const report = (state: string, reason?: string) =>
      owner.client.must('peer-state', {
        ...owner.proof,
        peer: { id: guest.id },
        state,
        ...(reason === undefined ? {} : { reason }),
      });
    const pairs = async (query = '') => api.host.must<Page<FailedPair>>('GET', `failed-pairs${query}`, { key });
    return { ...api, owner, guest, report, pairs };
  }

  it('are listed with the latest reason, and with the time at which they connected after all', async () => {
    const { owner, guest, report, pairs } = await onCall();
    await report('connecting');
    expect((await pairs()).items).toEqual([]);
    await report('failed', 'answer-timeout');
    await report('failed', 'udp-blocked');
    const { items } = await pairs();
    expect(items).toEqual([
      {
        at: expect.any(Number),
        workspace: { id: owner.workspaceId },
        attendee: { id: owner.id },
        peer: { id: guest.id },
        route: null,
        reason: 'udp-blocked',
        leftOut: [],
        connectedAt: null,
      },
    ]);
    await report('connected');
    expect((await pairs()).items).toEqual([{ ...items[0], connectedAt: expect.any(Number) }]);
    // It fails again later: that is another failure.
    await report('failed', 'no-route');
    expect((await pairs()).items.map(({ reason }) => reason).toSorted()).toEqual(['no-route', 'udp-blocked']);
  });

  it('are listed page by page, the latest first', async () => {
    const { owner, guest, report, pairs, server } = await onCall();
    const others = [];
    for (let n = 0; n < 2; n += 1) others.push(await attend(server, owner));
    await report('failed', 'no-route');
    for (const { id } of others) {
      await owner.client.must('peer-state', { ...owner.proof, peer: { id }, state: 'failed', reason: 'no-route' });
    }
    const all = (await pairs()).items;
    expect(all.map(({ peer }) => peer.id).toSorted()).toEqual([guest, ...others].map(({ id }) => id).toSorted());
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => b - a));
    const paged: FailedPair[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<FailedPair> = await pairs(`?limit=1&cursor=${cursor}`);
      expect(page.items).toHaveLength(1);
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });
});
