import { vi } from 'vitest';
import { Peer } from '../../src/client/peer.ts';
import type { TaggedCandidate, TaggedDescription } from '../../src/client/tagged.ts';
import { type FakeConnection, FakeMediaStream, FakeNetwork, FakeTrack, read } from './fake-rtc.ts';
import { Random } from './random.ts';

export type Message = { description: TaggedDescription } | { candidate: TaggedCandidate };

export interface SignalingOptions {
  delayMs: [number, number];
  /** Whether messages of one sender may overtake each other. */
  reorders: boolean;
  duplicates: number;
  /** Whether messages lose their tags, which clients of the first generation do not send. */
  isUntagged: boolean;
}

export const reliable: SignalingOptions = { delayMs: [5, 60], reorders: false, duplicates: 0, isUntagged: false };

/** Carries messages between pages as the server does, over connections with delay and loss. */
export class FakeSignaling {
  readonly #random: Random;
  options: SignalingOptions;
  readonly #away = new Set<string>();
  readonly #arrivals = new Map<string, number>();
  readonly #inFlight = new Set<ReturnType<typeof setTimeout>>();
  /** The number of messages sent, by kind. */
  readonly sent = { offer: 0, answer: 0, candidate: 0 };
  readonly log: string[] = [];

  constructor(random: Random, options: SignalingOptions) {
    this.#random = random;
    this.options = options;
  }

  setAway(page: string, away: boolean): void {
    if (away) this.#away.add(page);
    else this.#away.delete(page);
  }

  send(from: string, to: string, message: Message, deliver: (message: Message) => void): void {
    this.sent['candidate' in message ? 'candidate' : message.description.type] += 1;
    this.log.push(`${Date.now()} ${from} > ${to} ${summary(message)}`);
    if (this.#away.has(from)) return;
    const tags = this.options.isUntagged ? ['tag', 'number', 'answers'] : [];
    const sent = JSON.stringify(message, (key, value) => (tags.includes(key) ? undefined : value));
    this.tell(from, to, () => deliver(JSON.parse(sent)));
  }

  /** Delivers anything else with the same delay and loss. */
  tell(from: string, to: string, deliver: () => void): void {
    const { delayMs, reorders, duplicates } = this.options;
    for (let copy = 0; copy < 2; copy += 1) {
      const route = `${from} ${to}`;
      let at = Date.now() + this.#random.between(...delayMs);
      if (!reorders) {
        at = Math.max(at, this.#arrivals.get(route) ?? 0);
        this.#arrivals.set(route, at);
      }
      const timer = setTimeout(() => {
        this.#inFlight.delete(timer);
        if (!this.#away.has(to)) deliver();
      }, at - Date.now());
      this.#inFlight.add(timer);
      if (!this.#random.chance(duplicates)) return;
    }
  }

  close(): void {
    for (const timer of this.#inFlight) clearTimeout(timer);
    this.#inFlight.clear();
  }
}

function summary(message: Message): string {
  if ('candidate' in message) return `candidate ${message.candidate.tag} ${message.candidate.usernameFragment}`;
  const { type, tag, number, answers, sdp } = message.description;
  const { ufrag, candidates } = read(sdp);
  return `${type} ${tag} #${number} of ${answers?.tag}#${answers?.number} ${ufrag} ${candidates?.length}`;
}

/** One page with its Peer. */
export class SimulatedPage {
  readonly name: string;
  readonly #simulation: Simulation;
  readonly tracks = { audio: new FakeTrack('audio'), video: new FakeTrack('video') };
  peer: Peer;
  readonly heard: string[] = [];

  constructor(simulation: Simulation, name: string) {
    this.#simulation = simulation;
    this.name = name;
    this.peer = this.#newPeer();
  }

  get isPolite() {
    return this.name === 'polite';
  }

  get connection(): FakeConnection {
    return this.peer.connection as unknown as FakeConnection;
  }

  get state() {
    return this.peer.state.value;
  }

  /** Replaces the Peer, as a reload or a new pair does. */
  renew(): Peer {
    this.peer.close();
    this.peer = this.#newPeer();
    return this.peer;
  }

  #newPeer(): Peer {
    const { deadlineMs } = this.#simulation;
    const send = (message: Message) => {
      if (this.peer === peer && !this.#simulation.isClosed) this.#simulation.send(this, message);
      else this.#simulation.sentByClosed += 1;
    };
    const peer: Peer = new Peer({
      polite: this.isPolite,
      deadlineMs,
      relayOnly: false,
      createConnection: () => this.#simulation.network.create({}, this.name) as unknown as RTCPeerConnection,
      tracks: () => this.tracks as unknown as { audio: MediaStreamTrack; video: MediaStreamTrack },
      sendDescription: (description) => send({ description }),
      sendCandidate: (candidate) => send({ candidate }),
      onMessage: (message) => this.heard.push(message),
    });
    return peer;
  }
}

/** Two pages, the signaling and the network between them. */
export class Simulation {
  readonly random: Random;
  readonly network: FakeNetwork;
  readonly signaling: FakeSignaling;
  readonly deadlineMs: number;
  readonly polite: SimulatedPage;
  readonly impolite: SimulatedPage;
  /** The number of messages from peers that were closed already. */
  sentByClosed = 0;
  isClosed = false;
  readonly #plans = new Set<ReturnType<typeof setTimeout>>();

  constructor(seed: number, options: Partial<SignalingOptions> = {}, deadlineMs = 10_000) {
    vi.stubGlobal('MediaStream', FakeMediaStream);
    this.random = new Random(seed);
    this.network = new FakeNetwork(this.random);
    this.signaling = new FakeSignaling(this.random, { ...reliable, ...options });
    this.deadlineMs = deadlineMs;
    this.polite = new SimulatedPage(this, 'polite');
    this.impolite = new SimulatedPage(this, 'impolite');
  }

  get pages(): [SimulatedPage, SimulatedPage] {
    return [this.polite, this.impolite];
  }

  otherThan(page: SimulatedPage): SimulatedPage {
    return page === this.polite ? this.impolite : this.polite;
  }

  send(from: SimulatedPage, message: Message): void {
    const to = this.otherThan(from);
    this.signaling.send(from.name, to.name, message, (arrived) => {
      if ('candidate' in arrived) to.peer.addCandidate(arrived.candidate);
      else to.peer.receive(arrived.description);
    });
  }

  /** Runs a task a while later, unless the simulation has ended. */
  later(ms: number, task: () => void): void {
    this.#plans.add(setTimeout(task, ms));
  }

  /** The number of messages sent. */
  get messages(): number {
    const { offer, answer, candidate } = this.signaling.sent;
    return offer + answer + candidate;
  }

  get isConnected(): boolean {
    const [one, other] = this.pages;
    const isOver = ({ state, connection }: SimulatedPage) =>
      state.state === 'connected' && connection.signalingState === 'stable';
    return isOver(one) && isOver(other) && one.connection.isValidWith(other.connection);
  }

  /** The m-lines, transceivers and signaling state of both sides. */
  get lines() {
    return this.pages.map(({ connection }) => ({
      lines: connection.lines,
      transceivers: connection.getTransceivers().map(({ kind }) => kind),
      signaling: connection.signalingState,
    }));
  }

  close(): void {
    this.isClosed = true;
    for (const page of this.pages) page.peer.close();
    this.signaling.close();
    for (const plan of this.#plans) clearTimeout(plan);
  }
}
