import { vi } from 'vitest';
import { Peer } from '../../src/client/peer.ts';
import type { TaggedCandidate, TaggedDescription } from '../../src/client/tagged.ts';
import { Ether, type FakeConnection, FakeMediaStream, FakeTrack, read } from './fake-rtc.ts';
import { Random } from './random.ts';

export type Message = { description: TaggedDescription } | { candidate: TaggedCandidate };

export interface PostOptions {
  delayMs: [number, number];
  /** Whether messages of one sender may overtake each other. */
  reorders: boolean;
  duplicates: number;
  /** Whether messages lose their marks, which clients of the first generation do not send. */
  isUnmarked: boolean;
}

export const goodPost: PostOptions = { delayMs: [5, 60], reorders: false, duplicates: 0, isUnmarked: false };

/** Carries messages between pages, as the server does. */
export class Post {
  readonly #random: Random;
  options: PostOptions;
  readonly #away = new Set<string>();
  readonly #arrivals = new Map<string, number>();
  readonly #inFlight = new Set<ReturnType<typeof setTimeout>>();
  /** The number of messages sent, by kind. */
  readonly sent = { offer: 0, answer: 0, candidate: 0 };
  readonly log: string[] = [];

  constructor(random: Random, options: PostOptions) {
    this.#random = random;
    this.options = options;
  }

  setAway(who: string, away: boolean): void {
    if (away) this.#away.add(who);
    else this.#away.delete(who);
  }

  send(from: string, to: string, message: Message, deliver: (message: Message) => void): void {
    this.sent['candidate' in message ? 'candidate' : message.description.type] += 1;
    this.log.push(`${Date.now()} ${from} > ${to} ${summary(message)}`);
    if (this.#away.has(from)) return;
    const marks = this.options.isUnmarked ? ['tag', 'number', 'answers'] : [];
    const sent = JSON.stringify(message, (key, value) => (marks.includes(key) ? undefined : value));
    this.tell(from, to, () => deliver(JSON.parse(sent)));
  }

  /** Delivers something else in the same way. */
  tell(from: string, to: string, deliver: () => void): void {
    const { delayMs, reorders, duplicates } = this.options;
    for (let copy = 0; copy < 2; copy += 1) {
      const way = `${from} ${to}`;
      let at = Date.now() + this.#random.between(...delayMs);
      if (!reorders) {
        at = Math.max(at, this.#arrivals.get(way) ?? 0);
        this.#arrivals.set(way, at);
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

/** One page: a Peer and its surroundings. */
export class Site {
  readonly name: string;
  readonly #world: World;
  readonly tracks = { audio: new FakeTrack('audio'), video: new FakeTrack('video') };
  peer: Peer;
  readonly heard: string[] = [];

  constructor(world: World, name: string) {
    this.#world = world;
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
    const { deadlineMs } = this.#world;
    const say = (message: Message) => {
      if (this.peer === peer && !this.#world.isClosed) this.#world.send(this, message);
      else this.#world.sentByClosed += 1;
    };
    const peer: Peer = new Peer({
      polite: this.isPolite,
      deadlineMs,
      relayOnly: false,
      createConnection: () => this.#world.ether.create({}, this.name) as unknown as RTCPeerConnection,
      tracks: () => this.tracks as unknown as { audio: MediaStreamTrack; video: MediaStreamTrack },
      sendDescription: (description) => say({ description }),
      sendCandidate: (candidate) => say({ candidate }),
      onMessage: (message) => this.heard.push(message),
    });
    return peer;
  }
}

/** Two pages and everything between them. */
export class World {
  readonly random: Random;
  readonly ether: Ether;
  readonly post: Post;
  readonly deadlineMs: number;
  readonly polite: Site;
  readonly impolite: Site;
  /** The number of messages from peers that were closed already. */
  sentByClosed = 0;
  isClosed = false;
  readonly #plans = new Set<ReturnType<typeof setTimeout>>();

  constructor(seed: number, options: Partial<PostOptions> = {}, deadlineMs = 10_000) {
    vi.stubGlobal('MediaStream', FakeMediaStream);
    this.random = new Random(seed);
    this.ether = new Ether(this.random);
    this.post = new Post(this.random, { ...goodPost, ...options });
    this.deadlineMs = deadlineMs;
    this.polite = new Site(this, 'polite');
    this.impolite = new Site(this, 'impolite');
  }

  get sites(): [Site, Site] {
    return [this.polite, this.impolite];
  }

  otherThan(site: Site): Site {
    return site === this.polite ? this.impolite : this.polite;
  }

  send(from: Site, message: Message): void {
    const to = this.otherThan(from);
    this.post.send(from.name, to.name, message, (arrived) => {
      if ('candidate' in arrived) to.peer.addCandidate(arrived.candidate);
      else to.peer.receive(arrived.description);
    });
  }

  /** Runs a task a while later, unless the world has ended. */
  later(ms: number, task: () => void): void {
    this.#plans.add(setTimeout(task, ms));
  }

  /** The number of messages sent. */
  get messages(): number {
    const { offer, answer, candidate } = this.post.sent;
    return offer + answer + candidate;
  }

  get isConnected(): boolean {
    const [one, other] = this.sites;
    const isOver = ({ state, connection }: Site) =>
      state.state === 'connected' && connection.signalingState === 'stable';
    return isOver(one) && isOver(other) && one.connection.isValidWith(other.connection);
  }

  /** The m-lines, transceivers and signaling state of both sides. */
  get lines() {
    return this.sites.map(({ connection }) => ({
      lines: connection.lines,
      transceivers: connection.getTransceivers().map(({ kind }) => kind),
      signaling: connection.signalingState,
    }));
  }

  close(): void {
    this.isClosed = true;
    for (const site of this.sites) site.peer.close();
    this.post.close();
    for (const plan of this.#plans) clearTimeout(plan);
  }
}
