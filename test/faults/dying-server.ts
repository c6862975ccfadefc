import { loadConfig } from '../../src/server/config/load-config.ts';
import type { Records } from '../../src/server/records/records.ts';
import { start } from '../../src/server/server.ts';
import { createServices } from '../../src/server/services.ts';
import type { Store } from '../../src/server/storage/store.ts';

/**
 * The steps of an event at which the server can die: when the change is stored, and nobody was told; when the records have
 * its events, and the server has not noticed; when it is about to delete a closed workspace whose events the records have;
 * when there is something to deliver, and nothing was sent; when it was delivered, and that is not written yet.
 */
export const deathSteps = ['stored', 'handed on', 'deleting', 'delivering', 'delivered'] as const;
type DeathStep = (typeof deathSteps)[number];

// As a program: a server that kills itself when it comes to the step DIES_AT for the DIES_AFTER-th time since it has created
// a workspace.
if (process.argv[1] === import.meta.filename) {
  const { DIES_AT, DIES_AFTER } = process.env;
  let left = Number(DIES_AFTER);
  let isUsed = false;
  const at = (step: DeathStep) => {
    if (!isUsed || step !== DIES_AT) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };

  const services = await createServices(loadConfig(process.env));
  const { store, records } = services;
  if (!records) throw new Error('a server without records has no events');
  const swap: Store['swap'] = async (id, rev, next, options) => {
    if (next === null) at('deleting');
    const isMade = await store.swap(id, rev, next, options);
    isUsed ||= rev === null;
    if (isMade && next && next.outbox.length > 0) at('stored');
    return isMade;
  };
  const take = records.take.bind(records);
  records.take = async (...batches: Parameters<Records['take']>) => {
    const heads = await take(...batches);
    at('handed on');
    return heads;
  };
  const note = records.deliveries.note.bind(records.deliveries);
  records.deliveries.note = async (outcomes) => {
    at('delivered');
    await note(outcomes);
  };
  const dying = Object.create(store, { swap: { value: swap, enumerable: true } });
  const { url } = await start({ ...services, store: dying });
  const { onDeliveries } = records;
  records.onDeliveries = () => {
    at('delivering');
    onDeliveries?.();
  };
  process.stdout.write(`Listening on ${url}\n`);
}
