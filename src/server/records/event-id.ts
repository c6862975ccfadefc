/** The id of an event, which no other event has: webhooks and inboxes name it so. */
export function eventId(workspaceId: string, seq: number): string {
  return `evt_${workspaceId.slice(1)}_${seq}`;
}

/**
 * The id of the webhook which tells what has become of a recording.
 * @param parts how many it has: where one comes late, another webhook tells it
 */
export function settledId(recording: string, parts: number): string {
  return `rec_${recording.slice(1)}_${parts}`;
}

/** The id of the webhook which tells that a chat message was posted. @param seq its place in the chat */
export function postedId(workspaceId: string, seq: number): string {
  return `msg_${workspaceId.slice(1)}_${seq}`;
}
