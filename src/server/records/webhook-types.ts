import type { EventType, OtherEventType } from '../domain/events.ts';

type WebhookType = EventType | OtherEventType;

/** Whether an endpoint that names no types gets each of them. The compiler names a type of an event that is missing here. */
const isForAll: Readonly<Record<WebhookType, boolean>> = {
  'workspace.created': true,
  'workspace.closed': true,
  'attendee.joined': true,
  'attendee.left': true,
  'attendee.kicked': true,
  'attendee.waiting': true,
  'call.started': true,
  'call.participant_joined': true,
  'call.participant_left': true,
  'call.ending': true,
  'call.ended': true,
  'call.missed': true,
  'consultation.opened': true,
  'consultation.closed': true,
  // There are many of them, and a host that wants none should not have to say so.
  'message.posted': false,
  'recording.started': true,
  'recording.consent': true,
  'recording.stopped': true,
  'recording.completed': true,
  'recording.failed': true,
  // It goes to the endpoint that asks for it, whatever types that one names.
  'webhook.test': false,
};

/** The types that an endpoint may name. */
export const webhookTypes = Object.keys(isForAll) as readonly WebhookType[];

/** @param types the types that an endpoint names; null where it names none */
export function wantsType(types: readonly string[] | null, type: string): boolean {
  return types === null ? Object.hasOwn(isForAll, type) && isForAll[type as WebhookType] : types.includes(type);
}
