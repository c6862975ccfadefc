import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Random } from '../../client/random.ts';
import type { Redis } from '../../server/redis/redis-server.ts';
import type { Cluster } from '../cluster.ts';
import { expectNoSecrets } from '../log-secrets.ts';

/** The pause between two kills, and the length of each outage, ms. */
const PAUSE = [1500, 4000] as const;
const LENGTH = [50, 1500] as const;

/** Kills nodes and Redis, one after the other, and starts them again. */
export class ChaosMonkey {
  readonly #cluster: Cluster<Redis>;
  readonly #random: Random;
  nodeKills = 0;
  redisKills = 0;

  constructor(cluster: Cluster<Redis>, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  /** @param until the end, by performance.now() */
  async run(until: number): Promise<void> {
    while (performance.now() < until) {
      if (this.#random.chance(0.6)) await this.#killNode();
      else await this.#killRedis();
      await sleep(this.#random.between(...PAUSE));
    }
  }

  async #killNode(): Promise<void> {
    this.nodeKills += 1;
    const node = this.#random.pick(this.#cluster.nodes);
    expectNoSecrets(node.output.stdout);
    node.kill('SIGKILL');
    expect(await node.ended, node.output.stdout).toEqual({ code: null, signal: 'SIGKILL' });
    await sleep(this.#random.between(...LENGTH));
    await node.restart();
  }

  async #killRedis(): Promise<void> {
    this.redisKills += 1;
    await this.#cluster.redis.kill();
    await sleep(this.#random.between(...LENGTH));
    await this.#cluster.redis.start();
  }
}
