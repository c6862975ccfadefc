import { expect, it, onTestFinished, vi } from 'vitest';
import { Recordings } from '../../../src/server/records/recordings.ts';
import { recordedCall, recordingsFolder } from '../../protocol/recording.ts';
import { startServer } from '../../support/fixtures.ts';

const folder = recordingsFolder();

it('Recordings are read for the owner alone, so that the time of a refusal tells nobody how many there are', async () => {
  const server = await startServer({ RECORDINGS_DIR: folder });
  const { owner, guest } = await recordedCall(server);
  const page = vi.spyOn(Recordings.prototype, 'page');
  onTestFinished(() => page.mockRestore());
  expect(await guest.client.refused('recordings', guest.proof)).toMatchObject({ code: 'OWNER_ONLY' });
  expect(page).not.toHaveBeenCalled();
  expect((await owner.client.must('recordings', owner.proof)).recordings).toHaveLength(1);
  expect(page).toHaveBeenCalledOnce();
});
