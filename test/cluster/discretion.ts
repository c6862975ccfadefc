import { expect } from 'vitest';
import { secrets } from '../support/built-server.ts';

/** The PIN of all workspaces in tests that look for it in logs. */
export const secretPin = '86420975';

export const redisPassword = 'sesame-9Qv7Lm2x';

/** What no log may hold: PINs, hashes of them, tokens (JWT), passwords, secrets, documents. */
const unspeakable = [
  new RegExp(secretPin),
  /\$2[aby]\$\d\d\$/,
  /eyJ[\w-]{10,}\.[\w-]{10,}/,
  new RegExp(redisPassword),
  ...Object.values(secrets).map((secret) => new RegExp(secret)),
  /pinHash|"attendees":|droppedAt/,
];

export function expectDiscreet(log: string): void {
  for (const line of log.split('\n')) {
    for (const what of unspeakable) if (what.test(line)) expect.fail(`The log says too much (${what}): ${line}`);
  }
}
