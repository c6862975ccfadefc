import type { EndReason } from '../client/state.ts';

/**
 * What the page around the frame and the page in the frame tell each other. They meet once: the outer page hands a port over
 * by `postMessage`, to the exact origin of the server. Everything else goes through that port, which nobody else has.
 */

/** Comes along with the port. It is no secret: what counts is who sends it (see `src/page/embed/meet-host.ts`). */
export const HANDSHAKE = 'mesh-workspaces.embed.1';

/** The attributes that concern the page in the frame; '' where one is not set. */
export interface Attributes {
  readonly token: string;
  readonly name: string;
  readonly lang: string;
  readonly controls: string;
}

/** The commands of the element, each with its result. */
export interface Commands {
  start: undefined;
  hangup: undefined;
  toggleMic: boolean;
  toggleCam: boolean;
  leave: undefined;
}

/** Why something failed: `code` is for programs, `message` is a sentence for people. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** The events of the element, each with its `detail`. Times are in ms since the epoch, by the clock of the server. */
export interface Events {
  /** The page in the frame is there, and follows the attributes and the methods. */
  'mesh-ready': null;
  /** The person waits until the owner admits them, as the `place`-th. */
  'mesh-waiting': { readonly workspace: { readonly id: string; readonly name: string }; readonly place: number };
  /** The person has a seat. */
  'mesh-joined': {
    readonly workspace: { readonly id: string; readonly name: string };
    readonly attendee: { readonly id: string; readonly name: string };
    readonly isOwner: boolean;
  };
  /** The person is on the call. */
  'mesh-call-started': { readonly call: { readonly id: string; readonly startedAt: number } };
  /** The time of the call is over soon. */
  'mesh-call-ending': { readonly endsAt: number; readonly secondsLeft: number };
  /** The person is on the call no more. */
  'mesh-call-ended': { readonly call: { readonly id: string } };
  /** The person has no seat any more, nor waits for one; `EndReason` of the client library says why. */
  'mesh-left': { readonly reason: EndReason };
  /** Something failed that the person, or you, should know of: a token, a device, the frame itself. */
  'mesh-error': Failure;
}

/** An event, with its detail. */
export type Report = { [Name in keyof Events]: { readonly event: Name; readonly detail: Events[Name] } }[keyof Events];

export type ToFrame = { readonly attributes: Attributes } | { readonly id: number; readonly command: keyof Commands };

export type FromFrame = Report | { readonly id: number; readonly result: unknown; readonly failure: Failure | null };
