import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RecordsConfig } from '../../src/server/config/records.ts';
import { environmentOfNodes } from '../cluster/nodes.ts';
import { open } from '../server/records/open.ts';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { emptyFolder, run } from '../support/built-server.ts';
import { compiled } from '../support/compiled.ts';
import { connect } from './clients.ts';
import { deathSteps } from './dying-server.ts';
import { closeAll, meet, type Owned, secret, settings, startLedger } from './meetings.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak, figure, patience } from './soak.ts';

const source = new URL('dying-server.ts', import.meta.url);

/** Meetings of a round. Each makes 13 events, in 7 changes. */
const MEETINGS = 20;

/** How often each step surely comes in a round. The server dies at one of these times. */
const TIMES: Readonly<Record<(typeof deathSteps)[number], number>> = {
  stored: 6 * MEETINGS,
  'handed on': 1,
  deleting: MEETINGS / 2,
  delivering: 1,
  delivered: 1,
};

interface Place {
  readonly env: Record<string, string>;
  readonly records: RecordsConfig;
  /** The text of the store, where it is a file. */
  content(): Promise<string | null>;
}

const places: [string, boolean, (folder: string) => Promise<Place>][] = [
  [
    'a JSON file and SQLite',
    false,
    async (folder) => ({
      env: { JSON_STORAGE_FILE: join(folder, 'rooms.json') },
      records: { kind: 'sqlite', file: join(folder, 'records.db') },
      content: () => readFile(join(folder, 'rooms.json'), 'utf8'),
    }),
  ],
  [
    'Redis and PostgreSQL',
    skipsRedis() || skipsPostgres(),
    async () => {
      const url = await (await startPostgres()).database();
      const env = environmentOfNodes(await startRedis(), { DATABASE_URL: url });
      return { env, records: { kind: 'postgres', url }, content: async () => null };
    },
  ],
];

for (const [place, isSkipped, openPlace] of places) {
  it.skipIf(isSkipped)(
    `with ${place}, no event is lost or doubled at whichever of its steps the server dies`,
    { timeout: patience(30) },
    async () => {
      const random = seededRandom();
      const [folder, ledger, program] = [await emptyFolder(), await startLedger(), await compiled(source)];
      const { env: own, records: config, content } = await openPlace(folder);
      const env = { ...settings, ...own, WEBHOOK_URL: ledger.receiver.url, WEBHOOK_SECRET: secret };
      const owned: Owned[] = [];
      const rounds = atSoak(deathSteps.length, 100);
      for (let round = 0; round < rounds; round += 1) {
        const step = deathSteps[round % deathSteps.length] ?? 'stored';
        const dying = { DIES_AT: step, DIES_AFTER: String(random.whole(1, TIMES[step])) };
        const server = run(folder, { program, env: { ...env, ...dying } });
        const url = await server.listening();
        owned.push(...(await meet(await connect(url), await connect(url), { most: MEETINGS, last: 'destroy' })));
        expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
      }
      const server = run(folder, { env });
      await closeAll(await server.listening(), owned);
      await ledger.complete(owned.map(({ id }) => id));
      server.kill('SIGTERM');
      expect(await server.ended).toEqual({ code: 0, signal: null });

      const records = await open(config);
      let count = 0;
      for (const { id } of owned) {
        const events = await records.events.page(id, { limit: 1000 });
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        const types = events.map(({ type }) => type);
        for (const once of ['workspace.created', 'workspace.closed'] as const) {
          expect(types.filter((type) => type === once)).toHaveLength(1);
        }
        expect(types.at(-1)).toBe('workspace.closed');
        const started = types.filter((type) => type === 'call.started').length;
        expect(types.filter((type) => type === 'call.ended')).toHaveLength(started);
        count += events.length;
      }
      // Nor does a closed workspace stay when its events are handed on.
      for (const { id } of owned) expect((await content()) ?? '').not.toContain(id);
      const { length } = ledger.receiver.received;
      figure(
        `${place}: ${rounds} kills at the steps of events, ${count} events of ${owned.length} workspaces, ${length} deliveries, none lost or doubled`,
      );
    },
  );
}
