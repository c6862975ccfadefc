import { expect } from 'vitest';
import { loadConfig } from '../../src/server/config/load-config.ts';
import { createServices } from '../../src/server/services.ts';
import type { Store } from '../../src/server/storage/store.ts';
import { secrets } from '../support/built-server.ts';
import { attend, createWorkspace, inOneProcess, reattend, startServer } from '../support/fixtures.ts';

const it = inOneProcess('the event loop and the store of the server are those of the test');

/** Nothing happens in this process for so long. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('a seat is not lost while the server stands still and nobody can come back', async () => {
  const server = await startServer({ SEAT_GRACE_SECONDS: '1' });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  bob.client.close();
  await owner.client.notice('presence');
  standStill(2500);
  await reattend(server, bob);
  expect(owner.client.heard).not.toContain('leave');
});

it('the grace time goes on after a standstill', async () => {
  const server = await startServer({ SEAT_GRACE_SECONDS: '0.5' });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  bob.client.close();
  await owner.client.notice('presence');
  standStill(1000);
  expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id });
});

/** A store of which changes take as long as the test says. */
async function slowStore(): Promise<{ store: Store; hold(): () => void }> {
  const { store } = await createServices(loadConfig({ LOG_LEVEL: 'silent', ...secrets }));
  let held: Promise<void> = Promise.resolve();
  return {
    // Everything else is inherited from the store of the server.
    store: Object.create(store, {
      swap: {
        value: async (...change: Parameters<Store['swap']>) => {
          await held;
          return store.swap(...change);
        },
      },
    }),
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

it('a connection is not silent while the server does not read what it has sent', async () => {
  const { store, hold } = await slowStore();
  const server = await startServer({ HEARTBEAT_SECONDS: '0.3' }, { store });
  const owner = await createWorkspace(server);
  const release = hold();
  // More than the server takes up of one connection, so that it stops reading: pongs wait behind the rest.
  const answers = Array.from({ length: 100 }, (_, number) =>
    owner.client.askRaw('mic-toggle', { ...owner.proof, state: number % 2 === 0 }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1200));
  release();
  expect(await Promise.all(answers)).toEqual(Array(100).fill({ ok: true }));
  expect(owner.client.heard).not.toContain('(disconnected)');
});
