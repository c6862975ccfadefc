import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Lazy } from '../../../src/server/collections/lazy.ts';
import { attend, createWorkspace, startServer } from '../../support/fixtures.ts';
import { open } from '../records/open.ts';

/** Longer than the server waits for the database. */
const SLOW_MS = 1500;

it('A message that was refused because the database was slow, and lasts all the same, reaches everybody once', async () => {
  const records = await open({ kind: 'sqlite', file: null });
  const server = await startServer({}, { chatRecords: new Lazy(async () => records) });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  const write = (messageId: string) => ({ ...bob.proof, messageId, text: messageId });
  await bob.client.must('message', write('one'));
  await owner.client.notice('message');

  // Its only connection is lent to somebody slow.
  const slow = records.transaction(() => sleep(SLOW_MS)).catch(() => {});
  expect(await bob.client.refused('message', write('two'))).toMatchObject({ code: 'BUSY_TRY_AGAIN' });
  expect(await owner.client.notice('message')).toMatchObject({ seq: 2, text: 'two' });
  await slow;
  let again = await bob.client.ask('message', write('two'));
  while (!again.ok && again.error.code === 'BUSY_TRY_AGAIN') again = await bob.client.ask('message', write('two'));
  expect(again).toMatchObject({ ok: true, seq: 2 });
  await bob.client.must('message', write('three'));
  expect(await owner.client.notice('message')).toMatchObject({ seq: 3, text: 'three' });
});
