import { createHmac, randomBytes } from 'node:crypto';
import { keyOfSecret } from '../config/webhooks.ts';

/** What a signature covers. */
interface SignedMessage {
  /** The same for each attempt, so that a receiver knows a repetition. */
  readonly id: string;
  /** When this attempt is made, in ms since the epoch by the clock on the wall: receivers compare it with theirs. */
  readonly sentAt: number;
  readonly body: string;
}

/** The headers by which a receiver knows who sent a message, and when. */
interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** A new secret of 32 random bytes. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * Signs a message as Standard Webhooks 1.0.0 says (HMAC-SHA256, `v1`).
 * @param secrets each makes a signature; a receiver takes the message when it knows one of them
 */
export function signatureHeaders({ id, sentAt, body }: SignedMessage, secrets: readonly string[]): SignatureHeaders {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => {
    const key = keyOfSecret(secret);
    if (key === null) throw new TypeError('a webhook secret has the wrong form');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
