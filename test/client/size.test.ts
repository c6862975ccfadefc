import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientAlone, embedAlone, gzipped, reactAlone, recorderAlone } from '../support/client-size.ts';

/** Bytes of /client.js after gzip, without those of socket.io-client. */
const BUDGET = 24_000;
/** Bytes of /recorder.js after gzip. */
const RECORDER_BUDGET = 8_500;
/** Bytes of /embed.js after gzip. */
const EMBED_BUDGET = 3_000;
/** Bytes of mesh-workspaces/react after gzip, without React and the client library. */
const REACT_BUDGET = 3_000;

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

it('the hooks for React add little to React and the client library', async () => {
  const code = await reactAlone();
  expect(code).toContain('useSyncExternalStore');
  expect(code).not.toContain('RTCPeerConnection');
  expect(gzipped(code)).toBeLessThanOrEqual(REACT_BUDGET);
});

it('every hook for React is short: the client library is the one place that knows anything', async () => {
  const folder = new URL('../../src/react/', import.meta.url);
  const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const hooks = sources.flatMap((source) => source.match(/^export function use\w+[\s\S]*?^}$/gm) ?? []);
  expect(hooks.length).toBeGreaterThanOrEqual(11);
  expect(hooks.filter((hook) => hook.split('\n').length > 40)).toEqual([]);
});
