import { afterEach, expect, it } from 'vitest';
import { pageRecorder } from '../../src/page/recording/page-recorder.ts';
import { putUploadAway, readUpload } from '../../src/page/recording/use-upload-read.ts';
import { nothingKnown, type RecorderState } from '../../src/recorder/recorder-state.ts';

const recorderIs = (state: Partial<RecorderState>) =>
  pageRecorder.set({ state: { ...nothingKnown, ...state }, hasRecorded: true, isMissing: false });

afterEach(() => {
  pageRecorder.set({ state: null, hasRecorded: false, isMissing: false });
  readUpload.set(-1);
});

it('That a recording is uploaded can be put away, and of a later one it is said again', () => {
  putUploadAway();
  expect(readUpload.value).toBe(-1);
  recorderIs({ recordedBytes: 50, uploadedBytes: 40, pendingBytes: 10 });
  putUploadAway();
  expect(readUpload.value).toBe(-1);
  recorderIs({ recordedBytes: 50, uploadedBytes: 50, mayClose: true });
  putUploadAway();
  expect(readUpload.value).toBe(50);
  recorderIs({ recordedBytes: 90, uploadedBytes: 90, mayClose: true });
  expect(readUpload.value).not.toBe(90);
});
