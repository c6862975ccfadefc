import { expect, it } from 'vitest';
import { chooseMediaType } from '../../src/recorder/media-types.ts';

const both = { audio: true, video: true };

it('A browser records in the format that costs it least, and names only the codecs of tracks that are there', () => {
  expect(chooseMediaType(both, () => true)).toBe('video/webm;codecs=vp8,opus');
  expect(chooseMediaType({ audio: true, video: false }, () => true)).toBe('audio/webm;codecs=opus');
  expect(chooseMediaType({ audio: false, video: true }, () => true)).toBe('video/webm;codecs=vp8');
});

it('A browser that knows MP4 alone records in that, and one that names no codec in a format without', () => {
  expect(chooseMediaType(both, (type) => type.startsWith('video/mp4'))).toBe('video/mp4;codecs=avc1.42E01E,mp4a.40.2');
  expect(chooseMediaType(both, (type) => type === 'video/mp4')).toBe('video/mp4');
  expect(chooseMediaType(both, (type) => type === 'audio/webm')).toBe(null);
});
