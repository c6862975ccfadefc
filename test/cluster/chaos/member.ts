import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { CommandError, MeshClient } from '../../../src/client/mesh-client.ts';
import type { FakeNetwork } from '../../client/fake-rtc.ts';

/** How long somebody waits before it tries again what could not be done, ms. */
const AGAIN_MS = 250;

/** What somebody meets while nodes, and people, come and go. */
const passing = ['BUSY_TRY_AGAIN', 'NO_ANSWER', 'FULL', 'NO_SUCH_ATTENDEE', 'NO_CALL', 'NO_INCOMING_CALL', 'CALL_OVER'];

/** How often the owner looks whether somebody is not on the call, ms. */
const LOOK_MS = 500;

let pages = 0;

/** A page with the client library. It accepts every ring, and does again what did not work. */
export class Member {
  readonly client: MeshClient;
  readonly name: string;
  /** Whether it has gone, or is about to. */
  isGone = false;
  /** What must not happen to anybody: a seat that ends otherwise than by leaving, and other errors than that one is to wait. */
  readonly wrongs = new Set<string>();
  readonly #looking: NodeJS.Timeout;

  constructor(url: string, network: FakeNetwork) {
    pages += 1;
    this.name = `page ${pages}`;
    this.client = new MeshClient({
      url,
      storage: null,
      ownerStorage: null,
      createConnection: (configuration) => network.create(configuration, this.name) as unknown as RTCPeerConnection,
    });
    this.client.on('ring', () => void this.client.accept().catch((error) => this.#bear(error)));
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    onTestFinished(() => this.vanish());
  }

  get id(): string {
    return this.client.state.value.seat?.self ?? '';
  }

  get isSeated(): boolean {
    return !this.isGone && this.client.state.value.seat !== null;
  }

  /** The invitation. */
  get token(): string {
    return this.client.state.value.seat?.workspace.token ?? '';
  }

  async found(pin: string): Promise<void> {
    await this.#insist(() => this.client.create({ workspace: { name: 'Chaos', pin }, attendee: { name: this.name } }));
  }

  /** @returns whether there was room */
  async attend(token: string, pin: string): Promise<boolean> {
    return this.#insist(() => this.client.attend({ token, pin, attendee: { name: this.name } }));
  }

  /** Leaves, as often as it takes. */
  async leave(): Promise<void> {
    this.isGone = true;
    await this.#insist(async () => {
      if (this.client.state.value.seat) await this.client.leave();
    }, true);
    this.vanish();
  }

  /** The page is closed without a word. */
  vanish(): void {
    this.isGone = true;
    clearInterval(this.#looking);
    this.client.close();
  }

  async #insist(task: () => Promise<void>, isLeaving = false): Promise<boolean> {
    while (!this.isGone || isLeaving) {
      try {
        await task();
        return true;
      } catch (error) {
        this.#bear(error);
        if (error instanceof CommandError && error.code === 'FULL') return false;
      }
      await sleep(AGAIN_MS);
    }
    return false;
  }

  /** The owner rings whoever is not on the call. */
  #look(): void {
    const { seat, ended } = this.client.state.value;
    if (!this.isGone && ended !== null) this.wrongs.add(`the seat of ${this.name} ended: ${ended}`);
    if (seat?.isOwner) this.client.startCall().catch((error) => this.#bear(error));
  }

  #bear(error: unknown): void {
    if (this.isGone) return;
    const code = error instanceof CommandError ? error.code : String(error);
    if (!passing.includes(code)) this.wrongs.add(`${this.name} met ${code}`);
  }
}
