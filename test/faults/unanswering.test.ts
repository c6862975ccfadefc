import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { emptyFolder, production, run } from '../support/built-server.ts';
import { startReceiver } from '../support/receiver.ts';
import { connect, must } from './clients.ts';
import { LatencyProbe } from './latency-probe.ts';
import { atSoak, figure, patience } from './soak.ts';

const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;

/** No 99th percentile may be longer, ms; generous, because the machine may be busy. */
const LONGEST_MS = 250;

/** The pause between two rings, ms. */
const PACE_MS = 20;

const TALK_MS = atSoak(1500, 15_000);

/** A pair whose owner rings again and again, and hangs up. */
async function ringing(url: string): Promise<{ ring(ms: number): Promise<number[]> }> {
  const [owner, guest] = [await connect(url), await connect(url)];
  const { workspace, attendee, accessToken } = await must(owner, 'create', { workspace: {}, attendee: {} });
  const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
  const { attendee: callee } = await must(guest, 'attend', { workspace: { token: workspace.token }, attendee: {} });
  const call = { id: 'call' };
  return {
    /** @returns ms from each ring to its arrival */
    async ring(ms) {
      const latencies: number[] = [];
      for (const end = performance.now() + ms; performance.now() < end; ) {
        const began = performance.now();
        const rung = new Promise((resolve) => guest.once('ring', resolve));
        owner.emit('ring', { ...proof, callee: { id: callee.id }, offer, call });
        await rung;
        latencies.push(performance.now() - began);
        await must(owner, 'hangup', { ...proof, call });
        await sleep(PACE_MS);
      }
      return latencies;
    },
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.POSITIVE_INFINITY;
}

it.skipIf(skipsPostgres())(
  'an endpoint of webhooks or a database that never answers holds up no relay and no ring',
  { timeout: patience(5) },
  async () => {
    const postgres = await startPostgres();
    const receiver = await startReceiver();
    const env = {
      ...production,
      PORT: '0',
      DATABASE_URL: await postgres.database(),
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRET: newSecret(),
      // The rings of the test follow each other faster than those of a person.
      COMMANDS_PER_SECOND: '1000',
    };
    const server = run(await emptyFolder(), { env });
    const url = await server.listening();
    const [talking, calling] = [await LatencyProbe.connect(url), await ringing(url)];
    const measure = async (what: string) => {
      const [relay, rings] = await Promise.all([talking.talk(TALK_MS), calling.ring(TALK_MS)]);
      const [p50, p99] = [quantile(rings, 0.5), quantile(rings, 0.99)];
      const ms = (value: number) => value.toFixed(1);
      figure(`${what}: relays p50 ${ms(relay.p50)}, p99 ${ms(relay.p99)} ms; rings p50 ${ms(p50)}, p99 ${ms(p99)} ms`);
      expect(relay.lost).toBe(0);
      expect(relay.p99).toBeLessThan(LONGEST_MS);
      expect(p99).toBeLessThan(LONGEST_MS);
    };
    // The compiler has seen it all.
    await Promise.all([talking.talk(500), calling.ring(500)]);
    await measure('everything answers');
    receiver.answer = () => undefined;
    await measure('an endpoint of webhooks that never answers');
    postgres.pause();
    await measure('and a PostgreSQL that stands still');
    postgres.resume();
    receiver.answer = () => 204;
    await measure('everything answers again');
  },
);
