import { expect } from 'vitest';
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
