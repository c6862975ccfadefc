import { expect, it } from 'vitest';
import { clientAlone, gzipped } from '../support/client-size.ts';

/** Bytes of /client.js after gzip, without those of socket.io-client. */
const BUDGET = 23_600;

it('the client library is served small: without comments, and within its budget', async () => {
  const code = await clientAlone();
  expect(code).toContain('MeshClient');
  expect(code).not.toContain('/**');
  expect(code.trim().split('\n').at(-1)).toBe('//# sourceMappingURL=client.js.map');
  expect(gzipped(code)).toBeLessThanOrEqual(BUDGET);
});
