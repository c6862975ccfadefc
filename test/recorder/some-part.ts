import type { Part } from '../../src/recorder/part-store.ts';

/** A part of which nothing is recorded yet. */
export const somePart: Part = {
  id: 'one',
  page: 'page',
  workspace: '_w',
  attendee: '_a',
  recording: '_r',
  source: 'camera',
  mimeType: 'video/webm',
  startedAt: 1,
  touchedAt: 1,
  proof: { url: 'https://calls.example.com/', accessToken: 'access' },
  upload: { url: 'https://calls.example.com/uploads/one', token: 'secret' },
  recorded: 0,
  uploaded: 0,
  end: null,
  isWhole: false,
};
