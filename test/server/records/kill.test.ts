import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { seededRandom } from '../../faults/seeded-random.ts';
import { atSoak, patience } from '../../faults/soak.ts';
import { emptyFolder } from '../../support/built-server.ts';
import { compiled } from '../../support/compiled.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { follow, type Program } from '../../support/program.ts';
import { open } from './open.ts';
import { skipsPostgres, startPostgres } from './postgres-server.ts';
import { rooms } from './taker.ts';

const source = new URL('taker.ts', import.meta.url);

/** A process that takes events, and does not outlive the test. */
function taker(program: string, config: RecordsConfig, lifetime: Lifetime): Program {
  const child = follow(spawn(process.execPath, [program, JSON.stringify(config)]));
  lifetime.atEnd(() => child.kill('SIGKILL'));
  return child;
}

/** The highest `seq` of each room that was acknowledged. */
function acknowledged({ output }: Program): Map<string, number> {
  return new Map([...output.stdout.matchAll(/^(_\w) (\d+)\n/gm)].map(([, id = '', head]) => [id, Number(head)]));
}

/** Everything that was acknowledged is there, nothing twice, and everything that follows from it. */
async function expectWhole(config: RecordsConfig, least: ReadonlyMap<string, number>): Promise<void> {
  const lifetime = new Lifetime();
  const records = await open(config, { atEnd: lifetime.atEnd });
  let [calls, missed] = [0, 0];
  for (const id of rooms) {
    const events = await records.events.page(id, { limit: 1_000_000 });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.length).toBeGreaterThanOrEqual(least.get(id) ?? 0);
    expect(await records.workspaces.get(id)).toMatchObject({ seq: events.length });
    calls += events.filter(({ type }) => type === 'call.ended').length;
    missed += events.filter(({ type }) => type === 'call.missed').length;
  }
  const rows = await records.query((db) => db.selectFrom('calls').select(['id', 'ended_at']).execute());
  expect(rows.filter(({ ended_at }) => ended_at !== null)).toHaveLength(calls);
  const items = await records.query((db) => db.selectFrom('inbox_items').select('seq').orderBy('seq').execute());
  expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: missed }, (_, index) => index + 1));
  await lifetime.end();
}

const kinds: [string, boolean, (lifetime: Lifetime) => Promise<RecordsConfig>][] = [
  ['SQLite', false, async ({ atEnd }) => ({ kind: 'sqlite', file: join(await emptyFolder(atEnd), 'records.db') })],
  [
    'PostgreSQL',
    skipsPostgres(),
    async ({ atEnd }) => ({ kind: 'postgres', url: await (await startPostgres(atEnd)).database() }),
  ],
];

for (const [kind, isSkipped, configOf] of kinds) {
  test.skipIf(isSkipped)(
    `Records in ${kind} lose nothing that they acknowledged, and double nothing, when the server is killed`,
    { timeout: patience(15) },
    async () => {
      const lifetime = new Lifetime();
      try {
        const random = seededRandom();
        const [program, config] = [await compiled(source, lifetime.atEnd), await configOf(lifetime)];
        for (let round = 0; round < atSoak(2, 100); round += 1) {
          const child = taker(program, config, lifetime);
          await child.printed(/^_c \d+\n/m);
          await setTimeout(random.whole(0, 150));
          child.kill('SIGKILL');
          await child.ended;
          await expectWhole(config, acknowledged(child));
        }
      } finally {
        await lifetime.end();
      }
    },
  );
}
