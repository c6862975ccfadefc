import { describe, expect, it } from 'vitest';
import { ownerAt, threeOf } from './seats-on-nodes.ts';
import { localCluster } from './shared-cluster.ts';

const settings = { COMMANDS_PER_SECOND: '100000' };

describe('limits that count over all nodes', () => {
  it('lock an address out at the third node after its wrong PINs at the others', async () => {
    const cluster = await localCluster({ ...settings, PIN_ATTEMPTS: '4', PIN_LOCKOUT_SECONDS: '600' });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one, { pin: '1234' });
    const guess = (pin: string) => ({ workspace: { token: owner.token, pin }, attendee: {} });
    const clients = await Promise.all([one, two].map((node) => cluster.connectTo(node)));
    for (const pin of ['0000', '1111']) {
      for (const client of clients)
        expect(await client.refused('attend', guess(pin))).toMatchObject({ code: 'WRONG_PIN' });
    }
    const third = await cluster.connectTo(three);
    const refused = await third.refused('attend', guess('1234'));
    expect(refused).toMatchObject({ code: 'LOCKED_OUT' });
    expect(refused.retryAfter).toBeGreaterThan(500);
    expect(refused.retryAfter).toBeLessThanOrEqual(600);
  });

  it('delete the workspace that nobody but its creator used when another node has no room for one', async () => {
    const cluster = await localCluster({ ...settings, MAX_WORKSPACES: '3' });
    const [one, two] = threeOf(cluster);
    const [here, left, used] = [await ownerAt(cluster, one), await ownerAt(cluster, one), await ownerAt(cluster, one)];
    const attempt = ({ token }: { token: string }) => ({ workspace: { token }, attendee: {} });
    const guest = await cluster.connectTo(two);
    const { accessToken, attendee } = await guest.must('attend', attempt(used));
    await guest.must('leave', { ...used.proof, attendee: { id: attendee.id }, accessToken });
    for (const { client, proof } of [used, left]) await client.must('leave', proof);
    // Each node learns within two seconds how many the others have made.
    const full = async () => (await guest.ask('create', { workspace: {}, attendee: {} })).ok;
    await expect.poll(full, { timeout: 5000 }).toBe(false);
    expect(await guest.refused('attend', attempt(left))).toMatchObject({ code: 'WORKSPACE_GONE' });
    for (const owner of [here, used]) await guest.must('attend', attempt(owner));
  });

  it('count guesses that come to all nodes at once, and forget them where the PIN was right', async () => {
    const cluster = await localCluster({ ...settings, PIN_ATTEMPTS: '5' });
    const [one] = threeOf(cluster);
    const owner = await ownerAt(cluster, one, { pin: '1234' });
    const guess = (pin: string) => ({ workspace: { token: owner.token, pin }, attendee: {} });
    const clients = await Promise.all(Array.from({ length: 3 }, () => cluster.connect()));
    const [first, second] = clients;
    for (const client of clients) await client.refused('attend', guess('0000'));
    await first?.must('attend', guess('1234'));
    for (const client of clients) {
      expect(await client.refused('attend', guess('0000'))).toMatchObject({ code: 'WRONG_PIN' });
    }
    const crowd = await Promise.all(Array.from({ length: 30 }, () => cluster.connect()));
    const codes = await Promise.all(crowd.map(async (client) => (await client.refused('attend', guess('0000'))).code));
    // Each node checks a few at a time, and those that are under way are not called back.
    expect(codes.filter((code) => code === 'WRONG_PIN').length).toBeLessThan(10);
    expect(new Set(codes)).toEqual(new Set(['WRONG_PIN', 'LOCKED_OUT']));
    expect(await second?.refused('attend', guess('1234'))).toMatchObject({ code: 'LOCKED_OUT' });
  });

  it('bound the broken links of an address', async () => {
    const cluster = await localCluster({ ...settings, BROKEN_LINKS_PER_MINUTE: '4' });
    const [one, two, three] = threeOf(cluster);
    const broken = { workspace: { token: 'none', pin: '' }, attendee: {} };
    for (const node of [one, two, one, two]) {
      const client = await cluster.connectTo(node);
      expect(await client.refused('attend', broken)).toMatchObject({ code: 'INVALID_TOKEN' });
    }
    const third = await cluster.connectTo(three);
    const { code, retryAfter } = await third.refused('attend', broken);
    expect(code).toBe('RATE_LIMITED');
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });
});
