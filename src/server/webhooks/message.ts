/** What a delivery tells. */
interface WebhookEvent {
  /** The only one of its kind, and the same in every attempt. */
  readonly id: string;
  readonly type: string;
  /** When it happened, in ms since the epoch. */
  readonly at: number;
  /** null where it is about no workspace, as a test is. */
  readonly workspace: { readonly id: string; readonly externalId: string | null } | null;
  /** Its place among the events of its workspace; null where it has none. */
  readonly seq: number | null;
  /** The rest, by its type. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of a delivery (Standard Webhooks 1.0.0, "Payload structure"), as JSON. */
export function bodyOf({ id, type, at, workspace, seq, data }: WebhookEvent): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: { id, workspace, seq, ...data } });
}
