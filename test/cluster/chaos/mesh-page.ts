import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { CommandError, MeshClient } from '../../../src/client/mesh-client.ts';
import type { FakeNetwork } from '../../client/fake-rtc.ts';

/** The pause before a page repeats a refused command, ms. */
const RETRY_MS = 250;

/** The errors that a page may meet while nodes and people come and go. */
const expectedErrors = [
  'BUSY_TRY_AGAIN',
  'NO_ANSWER',
  'FULL',
  'NO_SUCH_ATTENDEE',
  'NO_CALL',
  'NO_INCOMING_CALL',
  'CALL_OVER',
];

/** The time between two rings of the owner, ms. */
const RING_MS = 500;

let pages = 0;

/** A page with the client library. It accepts every ring, and repeats refused commands. */
export class MeshPage {
  readonly client: MeshClient;
  readonly name: string;
  /** Whether the page has gone, or is about to. */
  isGone = false;
  /** Faults: seats that ended without `leave`, and unexpected errors. */
  readonly violations = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, network: FakeNetwork) {
    pages += 1;
    this.name = `page ${pages}`;
    this.client = new MeshClient({
      url,
      storage: null,
      ownerStorage: null,
      createConnection: (configuration) => network.create(configuration, this.name) as unknown as RTCPeerConnection,
    });
    this.client.on('ring', () => void this.client.accept().catch((error) => this.#tolerate(error)));
    this.#timer = setInterval(() => this.#ringOthers(), RING_MS);
    onTestFinished(() => this.vanish());
  }

  get id(): string {
    return this.client.state.value.seat?.self ?? '';
  }

  get isSeated(): boolean {
    return !this.isGone && this.client.state.value.seat !== null;
  }

  /** The token of the invitation. */
  get token(): string {
    return this.client.state.value.seat?.workspace.token ?? '';
  }

  async create(pin: string): Promise<void> {
    await this.#retry(() => this.client.create({ workspace: { name: 'Chaos', pin }, attendee: { name: this.name } }));
  }

  /** @returns whether there was room */
  async attend(token: string, pin: string): Promise<boolean> {
    return this.#retry(() => this.client.attend({ token, pin, attendee: { name: this.name } }));
  }

  /** Leaves, and repeats that until it is acknowledged. */
  async leave(): Promise<void> {
    this.isGone = true;
    await this.#retry(async () => {
      if (this.client.state.value.seat) await this.client.leave();
    }, true);
    this.vanish();
  }

  /** Closes the page without leaving. */
  vanish(): void {
    this.isGone = true;
    clearInterval(this.#timer);
    this.client.close();
  }

  async #retry(task: () => Promise<void>, isLeaving = false): Promise<boolean> {
    while (!this.isGone || isLeaving) {
      try {
        await task();
        return true;
      } catch (error) {
        this.#tolerate(error);
        if (error instanceof CommandError && error.code === 'FULL') return false;
      }
      await sleep(RETRY_MS);
    }
    return false;
  }

  /** The owner rings the attendees that are not on the call. */
  #ringOthers(): void {
    const { seat, ended } = this.client.state.value;
    if (!this.isGone && ended !== null) this.violations.add(`the seat of ${this.name} ended: ${ended}`);
    if (seat?.isOwner) this.client.startCall().catch((error) => this.#tolerate(error));
  }

  #tolerate(error: unknown): void {
    if (this.isGone) return;
    const code = error instanceof CommandError ? error.code : String(error);
    if (!expectedErrors.includes(code)) this.violations.add(`${this.name} met ${code}`);
  }
}
