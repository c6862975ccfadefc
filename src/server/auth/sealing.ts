import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Keeps secrets of others, such as the links in an answer, where somebody who reads the database learns nothing. */
export interface Sealing {
  seal(text: string): string;
  /** @returns null where it was sealed with another secret, or was altered */
  open(sealed: string): string | null;
  /**
   * A text of letters, digits, `-` and `_`, the same for the same parts. Without the secret nobody can find the parts by
   * trying, though they may be as short as a PIN.
   */
  digest(...parts: readonly (string | number)[]): string;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with AES-GCM (NIST SP 800-38D). @param secret MAGICK_TOKEN, from which the keys are derived (RFC 5869) */
export function createSealing(secret: string): Sealing {
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
  const sealingKey = derived('mesh-workspaces: sealing');
  const digestKey = derived('mesh-workspaces: digests');
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealingKey, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      try {
        const decipher = createDecipheriv(CIPHER, sealingKey, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return null;
      }
    },
    digest: (...parts) => createHmac('sha256', digestKey).update(JSON.stringify(parts)).digest('base64url'),
  };
}
