import { expect } from 'vitest';
import { secrets } from '../support/built-server.ts';

/** The PIN of the workspaces in tests that search logs for it. */
export const secretPin = '86420975';

export const redisPassword = 'sesame-9Qv7Lm2x';

/** No log may hold these: PINs and their hashes, tokens (JWT), passwords, secrets, documents. */
const secretPatterns = [
  new RegExp(secretPin),
  /\$2[aby]\$\d\d\$/,
  /eyJ[\w-]{10,}\.[\w-]{10,}/,
  new RegExp(redisPassword),
  ...Object.values(secrets).map((secret) => new RegExp(secret)),
  /pinHash|"attendees":|droppedAt/,
];

export function expectNoSecrets(log: string): void {
  for (const line of log.split('\n')) {
    for (const what of secretPatterns) if (what.test(line)) expect.fail(`The log says too much (${what}): ${line}`);
  }
}
