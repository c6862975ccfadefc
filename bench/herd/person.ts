import { Line } from './line.ts';

/** The back-off of the client library: 0.5 s, doubled up to 5 s, each by half more or less. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;
const RANDOMIZATION = 0.5;

/** How long the client library waits for an answer, and then until it asks again, ms. */
const ANSWER_MS = 20_000;
const AGAIN_MS = 2_000;

/** These end a seat for the client library. */
const LOST = ['NOT_SEATED', 'WORKSPACE_GONE', 'INVALID_TOKEN', 'TOKEN_EXPIRED'];

/** When the client library asks again after a refusal, ms. */
function againMs({ error }: Reply): number {
  return error?.retryAfter === undefined ? AGAIN_MS : error.retryAfter * 1000 * (1 + Math.random() / 2);
}

export interface Place {
  port: number;
  from: string;
}

interface Reply {
  ok: boolean;
  error?: { code: string; retryAfter?: number };
  workspace?: { id: string; token: string };
  attendee?: { id: string };
  accessToken?: string;
}

/** A relay on its way, in which the sender wrote when it went, ms of performance.timeOrigin's clock. */
const SENT = '"candidate":"sent ';

/** Somebody with a seat, who comes back as the client library does. */
export class Person {
  readonly session = Math.random().toString(36).slice(2);
  workspace = '';
  invitation = '';
  attendee = '';
  accessToken = '';
  /** When the seat was taken again, ms of performance.now(); null before. */
  backAt: number | null = null;
  isLost = false;
  /** Why connections and commands failed, with how often. */
  readonly failures: Map<string, number>;
  readonly #onRelay: (sentAt: number) => void;
  #place: Place | null = null;
  #line: Line | null = null;
  #attempts = 0;
  #answer: ((reply: Reply) => void) | null = null;

  constructor(failures: Map<string, number>, onRelay: (sentAt: number) => void) {
    this.failures = failures;
    this.#onRelay = onRelay;
  }

  get isBack(): boolean {
    return this.backAt !== null && this.#line !== null;
  }

  async create(place: Place): Promise<void> {
    await this.#connected(place);
    this.#sit(await this.ask('create', { workspace: {}, attendee: {}, session: this.session }));
  }

  async attend(place: Place, invitation: string): Promise<void> {
    await this.#connected(place);
    const payload = { workspace: { token: invitation }, attendee: {}, session: this.session };
    this.#sit(await this.ask('attend', payload));
  }

  /** Takes the seat again, with as many tries as it takes. */
  comeBack(place: Place): void {
    this.#place = place;
    this.#attempts = 0;
    this.#try();
  }

  relayTo(other: Person): void {
    this.#line?.emit('icecandidate', {
      workspace: { id: this.workspace },
      attendee: { id: other.attendee },
      broadcaster: { id: this.attendee },
      accessToken: this.accessToken,
      candidate: {
        candidate: `sent ${performance.timeOrigin + performance.now()}`,
        sdpMid: '0',
        sdpMLineIndex: 0,
      },
    });
  }

  checkSilence(now: number): void {
    this.#line?.checkSilence(now);
  }

  /** Loses the connection, and stays away. */
  drop(): void {
    this.#line?.close();
    this.#line = null;
    this.backAt = null;
  }

  ask(name: string, payload: object): Promise<Reply> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ ok: false, error: { code: 'NO_ANSWER' } }), ANSWER_MS);
      const settle = (reply: Reply) => {
        clearTimeout(timer);
        this.#answer = null;
        resolve(reply);
      };
      this.#answer = settle;
      this.#line?.emit(name, payload, 0);
    });
  }

  #connected(place: Place): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#open(place, resolve, (reason) => reject(new Error(`no connection: ${reason}`)));
    });
  }

  #open(place: Place, onConnect: () => void, onEnd: (reason: string) => void): void {
    const line: Line = new Line(place, {
      onConnect,
      onPacket: (packet) => this.#take(packet),
      onEnd: (reason) => {
        if (this.#line !== line) return;
        this.#line = null;
        onEnd(reason);
      },
    });
    this.#line = line;
  }

  #try(): void {
    const place = this.#place;
    if (!place || this.isLost) return;
    this.#open(
      place,
      () => {
        this.#attempts = 0;
        void this.#reattend();
      },
      (reason) => {
        this.#count(reason);
        this.backAt = null;
        this.#answer?.({ ok: false, error: { code: 'NO_ANSWER' } });
        setTimeout(() => this.#try(), this.#delay());
      },
    );
  }

  #delay(): number {
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return delay * (1 + RANDOMIZATION * (2 * Math.random() - 1));
  }

  async #reattend(): Promise<void> {
    const line = this.#line;
    const reply = await this.ask('re-attend', {
      workspace: { id: this.workspace },
      attendee: { id: this.attendee },
      accessToken: this.accessToken,
      session: this.session,
    });
    if (reply.ok) {
      this.backAt = performance.now();
      return;
    }
    const code = reply.error?.code ?? 'NO_ANSWER';
    this.#count(code);
    if (LOST.includes(code)) this.isLost = true;
    else setTimeout(() => line && line === this.#line && this.#reattend(), againMs(reply));
  }

  #sit({ ok, error, workspace, attendee, accessToken }: Reply): void {
    if (!ok || !workspace || !attendee || !accessToken) throw new Error(`no seat: ${error?.code}`);
    this.workspace = workspace.id;
    this.invitation = workspace.token;
    this.attendee = attendee.id;
    this.accessToken = accessToken;
  }

  /** Reads only what it waits for: most of what comes are notices about others. */
  #take(packet: string): void {
    if (packet.startsWith('430')) this.#answer?.(JSON.parse(packet.slice(3))[0]);
    else if (packet.startsWith('42["icecandidate"')) {
      const at = packet.indexOf(SENT);
      if (at >= 0) this.#onRelay(Number.parseFloat(packet.slice(at + SENT.length)));
    }
  }

  #count(reason: string): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}
