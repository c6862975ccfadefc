import { describe, expect, it } from 'vitest';
import { attend, Client, createWorkspace, generations } from '../support/fixtures.ts';
import { startLocalCluster } from './cluster.ts';
import { startRequestBalancer } from './load-balancers.ts';
import { localCluster } from './shared-cluster.ts';

const sentence =
  'This session belongs to another node. Polling needs a load balancer with sticky sessions; WebSocket does not.';

const [webSocket, polling, oldWebSocket, oldPolling] = generations;

describe('behind a balancer that is not sticky', () => {
  it.each([4, 3])('polling of Engine.IO %i is told what is wrong, and the operator in one line', async (version) => {
    const cluster = await startLocalCluster({ nodes: 2, env: { NODE_LEASE_SECONDS: '10' } });
    const url = await startRequestBalancer(cluster.nodes);
    const path = `${url}/socket.io/?EIO=${version}&transport=polling`;
    const origin = 'http://localhost:3000';
    for (let n = 0; n < 3; n += 1) {
      const { sid } = JSON.parse(/\{.*\}/.exec(await (await fetch(path)).text())?.[0] ?? '{}');
      const refused = await fetch(`${path}&sid=${encodeURIComponent(sid)}`, { headers: { origin } });
      expect(refused.status).toBe(400);
      // A page of another origin can read it.
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
      expect(await refused.json()).toEqual({ code: 1, message: sentence });
    }
    const lines = cluster.nodes.map(({ output }) => output.stdout.match(/the balancer is not sticky/g)?.length ?? 0);
    // Requests alternate, so that one of the two has begun all sessions and the other one has refused them.
    expect(lines.sort()).toEqual([0, 1]);
  });

  it.each([polling, oldPolling])('$name cannot connect', async (generation) => {
    const url = await startRequestBalancer((await localCluster()).nodes);
    await expect(Client.connect(url, { generation })).rejects.toThrow();
  });

  it.each([webSocket, oldWebSocket])('$name works', async (generation) => {
    const url = await startRequestBalancer((await localCluster()).nodes);
    const front = { connect: () => Client.connect(url, { generation }) };
    const owner = await createWorkspace(front);
    const bob = await attend(front, owner);
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    await owner.client.notice('mic-toggle');
  });
});
