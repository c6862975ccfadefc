import type { EventData, OtherEventType } from '../server/domain/events.ts';
import { bytesOf } from './base64.ts';

/** The headers of a request: of `fetch`, or the object that Node has. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** What every event says, whatever its type. docs/webhooks.md has all types. */
interface EventHead {
  /** The same in every attempt. */
  readonly id: string;
  readonly workspace: { readonly id: string; readonly externalId: string | null } | null;
  /** Its place among the events of its workspace; null where it has none. */
  readonly seq: number | null;
}

type KnownEvent = {
  [Type in keyof EventData]: {
    readonly type: Type;
    /** When it happened, as ISO 8601. */
    readonly timestamp: string;
    readonly data: EventHead & EventData[Type];
  };
}[keyof EventData];

interface OtherEvent {
  readonly type: OtherEventType;
  readonly timestamp: string;
  readonly data: EventHead & { readonly [member: string]: unknown };
}

/** An event as it comes to your endpoint. A later server may have types that are not named here. */
export type WebhookEvent = KnownEvent | OtherEvent;

/** A request that is no genuine event. Answer 401, and do nothing. */
export class InvalidWebhook extends Error {
  override name = 'InvalidWebhook';
}

/** A clock may be wrong by this many seconds, and an older request is one that somebody repeats. */
const TOLERANCE_SECONDS = 300;
/** The server sends two at the most. */
const MOST_SIGNATURES = 8;

/**
 * Checks that a request comes from your server, is not old, and was not changed (Standard Webhooks 1.0.0).
 * @param rawBody the body as it came, before anything parsed it
 * @param secret `whsec_` and base64, as the server has it; or several, while you change it
 * @param options `toleranceSeconds`: how old a request may be; `now`: the time, ms since the epoch
 * @throws InvalidWebhook where it is not genuine, TypeError where the secret or the body has the wrong form
 */
export async function verifyWebhook(
  rawBody: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: { toleranceSeconds?: number; now?: number } = {},
): Promise<WebhookEvent> {
  const body = textOf(rawBody);
  const keys = await Promise.all([secret].flat().map(keyOf));
  const [id, sentAt, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !sentAt || !signatures) throw new InvalidWebhook('A header is missing: it is no webhook.');
  if (!/^\d{1,12}$/.test(sentAt) || Math.abs(now / 1000 - Number(sentAt)) > toleranceSeconds) {
    throw new InvalidWebhook('It is too old, or a clock is wrong.');
  }
  const signed = new TextEncoder().encode(`${id}.${sentAt}.${body}`);
  const given = signatures.split(' ').slice(0, MOST_SIGNATURES).flatMap(signatureOf);
  // WebCrypto compares in constant time.
  const checks = keys.flatMap((key) => given.map((each) => crypto.subtle.verify('HMAC', key, each, signed)));
  if (!(await Promise.all(checks)).includes(true)) {
    throw new InvalidWebhook('Its signature is not right: another secret signed it, or its body was changed.');
  }
  return JSON.parse(body);
}

/** @throws TypeError where something has parsed the body */
function textOf(body: string | Uint8Array | ArrayBuffer): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array || body instanceof ArrayBuffer)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  throw new TypeError('verifyWebhook: the body must be the text as it came. Read it before anything parses it.');
}

function headerOf(headers: WebhookHeaders, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : null;
}

/** The bytes of `v1,<base64>`; none where it is another kind of signature. */
function signatureOf(text: string): Uint8Array<ArrayBuffer>[] {
  const bytes = text.startsWith('v1,') ? bytesOf(text.slice('v1,'.length)) : null;
  return bytes ? [bytes] : [];
}

/** @throws TypeError with a sentence that does not repeat the secret */
function keyOf(secret: string) {
  const bytes =
    typeof secret === 'string' && secret.startsWith('whsec_') ? bytesOf(secret.slice('whsec_'.length)) : null;
  if (!bytes || bytes.length < 24) {
    throw new TypeError('verifyWebhook: a secret must be whsec_ and then base64, as the server has it.');
  }
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}
