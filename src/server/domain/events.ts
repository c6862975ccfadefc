/**
 * What happened in a workspace, for everybody beyond it: webhooks, call records and inboxes follow from events. A
 * transition returns them, the store keeps them with the change in the same swap, and the records take each once, by its
 * `seq`. No event holds a PIN, a token, a chat text or a session description.
 */
export type WorkspaceEvent = { [Type in EventType]: TypedEvent<Type> }[EventType];

interface TypedEvent<Type extends EventType> {
  readonly type: Type;
  /** When it happened, in ms since the epoch. */
  readonly at: number;
  readonly data: EventData[Type];
}

/** An event with its place among those of its workspace: 1, 2, 3 and so on without a gap. */
export type NumberedEvent = WorkspaceEvent & { readonly seq: number };

export type EventType = keyof EventData;

/** What webhooks tell besides: it changes no document, so it is none of these events. */
export type OtherEventType = 'message.posted' | 'recording.completed' | 'recording.failed' | 'webhook.test';

/** A user whom the host system or the directory knows. */
interface UserId {
  readonly id: string;
}

/** An attendee as events name it. `user` is null for a guest. */
export interface EventAttendee {
  readonly id: string;
  readonly name: string;
  readonly user: UserId | null;
}

/** A consultation as events name it. Times are in ms since the epoch; `callSeconds` is the connected time of all its calls. */
interface EventConsultation {
  readonly id: string;
  readonly externalId: string | null;
  readonly provider: UserId;
  readonly clients: readonly UserId[];
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly callSeconds: number;
}

/** The part of one attendee in a call. Times are in ms since the epoch; `leftAt` and `seconds` are final. */
export interface EventParticipant {
  readonly attendee: { readonly id: string };
  readonly user: UserId | null;
  readonly joinedAt: number;
  readonly leftAt: number;
  readonly seconds: number;
}

export type CallEndReason = 'hangup' | 'time-limit' | 'everybody-left' | 'api' | 'workspace-closed' | 'lost';

interface CallId {
  readonly id: string;
}

interface RecordingId {
  readonly id: string;
}

/** The data of each type of event. Times are in ms since the epoch, durations in seconds. */
export interface EventData {
  'consultation.opened': { readonly consultation: EventConsultation };
  'consultation.closed': { readonly consultation: EventConsultation };
  'workspace.created': { readonly owner: EventAttendee };
  'workspace.closed': { readonly reason: 'destroyed' | 'idle' | 'api' | 'call-over' };
  'attendee.joined': { readonly attendee: EventAttendee };
  'attendee.left': { readonly attendee: EventAttendee; readonly reason: 'left' | 'lost' | 'kicked' | 'closed' };
  'attendee.kicked': { readonly attendee: EventAttendee };
  'attendee.waiting': { readonly waiting: EventAttendee };
  'call.started': {
    readonly call: { readonly id: string; readonly clientCallId: string };
    readonly startedAt: number;
    readonly caller: EventAttendee;
  };
  'call.participant_joined': { readonly call: CallId; readonly attendee: EventAttendee };
  'call.participant_left': { readonly call: CallId; readonly attendee: EventAttendee; readonly seconds: number };
  'call.ending': { readonly call: CallId; readonly endsAt: number };
  /** Enough for a bill: `billableSeconds` counts from `connectedAt`, when the second participant came. */
  'call.ended': {
    readonly call: { readonly id: string; readonly clientCallId: string };
    readonly startedAt: number;
    readonly connectedAt: number | null;
    readonly endedAt: number;
    readonly durationSeconds: number;
    readonly billableSeconds: number;
    readonly endReason: CallEndReason;
    readonly participants: readonly EventParticipant[];
    readonly externalId: string | null;
    readonly metadata: Metadata;
  };
  /** `startedBy` is null where a host system started it. */
  'recording.started': {
    readonly recording: RecordingId;
    readonly call: CallId;
    readonly startedAt: number;
    readonly startedBy: { readonly id: string } | null;
  };
  /** An attendee agrees to be recorded, or does not any more. `text` is the version of the text that it has read. */
  'recording.consent': {
    readonly recording: RecordingId;
    readonly attendee: EventAttendee;
    readonly given: boolean;
    readonly text: string;
  };
  'recording.stopped': {
    readonly recording: RecordingId;
    readonly call: CallId;
    readonly startedAt: number;
    readonly stoppedAt: number;
  };
  /** A ring or an invite that ended without an answer. `attendee` is null where the user was not in the workspace. */
  'call.missed': {
    readonly call: CallId | null;
    readonly attendee: { readonly id: string } | null;
    readonly user: UserId | null;
    readonly from: EventAttendee;
    readonly media: 'audio' | 'video';
    readonly reason: 'unanswered' | 'cancelled' | 'busy';
  };
}

/** What a host system attaches to a workspace. The server hands it on and never reads it. */
export type Metadata = Readonly<Record<string, string>>;
