/** The id of an event, which no other event has: webhooks and inboxes name it so. */
export function eventId(workspaceId: string, seq: number): string {
  return `evt_${workspaceId.slice(1)}_${seq}`;
}
