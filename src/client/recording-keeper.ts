import type { CommandOutput, NoticePayload } from '../protocol/types.ts';
import type { ClientStore } from './client-store.ts';
import { randomId } from './random-id.ts';
import type { ServerAddress } from './server-address.ts';
import type { Signaling } from './signaling.ts';
import type { RecordingState } from './state.ts';

/** What proves a seat to its server. */
export interface SeatProof {
  /** The URL of the server, with a slash at its end. */
  readonly url: string;
  readonly accessToken: string;
}

/** A consultation or a workspace of the user, or a workspace whose owner's seat the access token proves. */
export type RecordingsOf =
  | { readonly consultation: { readonly id: string } }
  | { readonly workspace: { readonly id: string }; readonly accessToken?: string };

/** The recordings of a workspace, those first that began last; each part and each film has the URL of its bytes. */
export type RecordingList = CommandOutput<'recordings'>;

/** The recording of the call, and who has agreed to it. Another module records. */
export class RecordingKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #address: ServerAddress;
  /** The recording from which this person has withdrawn, which the server may not have heard. */
  #withdrawn = '';

  constructor(store: ClientStore, signaling: Signaling, address: ServerAddress) {
    this.#store = store;
    this.#signaling = signaling;
    this.#address = address;
    signaling.on('recording', ({ recording: { id, state } }) => this.#onRecording(id, state));
    signaling.on('consent', ({ attendee, given }) => this.#note(attendee.id, given));
    store.state.subscribe(({ recording, seat }) => {
      if (!seat || recording?.id !== this.#withdrawn || !recording.consents[seat.self]) return;
      this.#note(seat.self, false);
      this.#say(false, '').catch(() => {});
    });
  }

  async start(): Promise<void> {
    await this.#signaling.ask('start-recording', this.#store.seated);
  }

  async stop(): Promise<void> {
    await this.#signaling.ask('stop-recording', { ...this.#store.seated, recording: { id: this.#id } });
  }

  async consent(given: boolean, text: string): Promise<void> {
    const self = this.#store.seated.attendee.id;
    this.#withdrawn = given ? '' : this.#id;
    // Nothing waits for the server to hear a withdrawal.
    if (!given) this.#note(self, false);
    await this.#say(given, text);
    this.#note(self, given);
  }

  async list(of?: RecordingsOf): Promise<RecordingList> {
    const list = await this.#signaling.ask('recordings', of ?? this.#store.seated);
    for (const { parts, film } of list.recordings) {
      for (const file of [...parts, film]) if (file?.url) file.url = new URL(file.url, this.#url).href;
    }
    return list;
  }

  /** The seat of this page, for requests to the server; null without one. */
  get seatProof(): SeatProof | null {
    const { proof } = this.#store;
    return proof && { url: this.#url, accessToken: proof.accessToken };
  }

  /** The URL of the server, with a slash at its end. */
  get #url(): string {
    const { origin, path } = this.#address;
    return origin + path.replace(/[^/]*\/*$/, '');
  }

  /** The recording that is on; else the id of none. */
  get #id(): string {
    return this.#store.state.value.recording?.id ?? `_${randomId()}`;
  }

  async #say(given: boolean, text: string): Promise<void> {
    await this.#signaling.ask('consent', { ...this.#store.seated, recording: { id: this.#id }, given, text });
  }

  #onRecording(id: string, state: NoticePayload<'recording'>['recording']['state']): void {
    const known = this.#store.state.value.recording;
    if (state === 'stopped') {
      if (known?.id === id) this.#store.patch({ recording: null });
    } else if (known?.id !== id) {
      this.#store.patch({ recording: { id, startedAt: this.#store.clock.now(), consents: {} } });
    }
  }

  #note(attendee: string, given: boolean): void {
    const { recording } = this.#store.state.value;
    if (!recording || recording.consents[attendee] === given) return;
    this.#store.patch({ recording: { ...recording, consents: { ...recording.consents, [attendee]: given } } });
  }
}

/** The recording in an answer that grants a seat. */
export function grantedRecording({
  recording,
}: Pick<NoticePayload<'attendance-granted'>, 'recording'>): RecordingState | null {
  if (!recording) return null;
  const consents = recording.consents.map(({ attendee, given }) => [attendee.id, given] as const);
  return { id: recording.id, startedAt: recording.startedAt, consents: Object.fromEntries(consents) };
}
