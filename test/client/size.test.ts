import { expect, it } from 'vitest';
import { clientAlone, embedAlone, gzipped, recorderAlone } from '../support/client-size.ts';

/** Bytes of /client.js after gzip, without those of socket.io-client. */
const BUDGET = 24_000;
/** Bytes of /recorder.js after gzip. */
const RECORDER_BUDGET = 8_500;
/** Bytes of /embed.js after gzip. */
const EMBED_BUDGET = 3_000;

it('the client library is served small: without comments, and within its budget', async () => {
  const code = await clientAlone();
  expect(code).toContain('MeshClient');
  expect(code).not.toContain('/**');
  expect(code.trim().split('\n').at(-1)).toBe('//# sourceMappingURL=client.js.map');
  expect(gzipped(code)).toBeLessThanOrEqual(BUDGET);
});

it('the recorder is a module of its own, which brings nothing of the client along', async () => {
  const code = await recorderAlone();
  expect(code).toContain('MediaRecorder');
  expect(code).not.toContain('RTCPeerConnection');
  expect(await clientAlone()).not.toContain('MediaRecorder');
  expect(gzipped(code)).toBeLessThanOrEqual(RECORDER_BUDGET);
});

it('<mesh-call> is a module of its own, which brings nothing of page and client along', async () => {
  const code = await embedAlone();
  expect(code).toContain('mesh-call');
  expect(code).not.toContain('RTCPeerConnection');
  expect(gzipped(code)).toBeLessThanOrEqual(EMBED_BUDGET);
});
