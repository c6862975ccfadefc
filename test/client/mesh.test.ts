import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Mesh } from '../../src/client/mesh.ts';
import { pass, settled, until, useVirtualTime } from './clock.ts';
import { type FakeConnection, FakeMediaStream, FakeNetwork, FakeTrack } from './fake-rtc.ts';
import { Random } from './random.ts';
import { FakeSignaling, type Message, reliable } from './simulation.ts';

beforeEach(() => {
  useVirtualTime();
  vi.stubGlobal('MediaStream', FakeMediaStream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A call of several pages. */
class Call {
  readonly random: Random;
  readonly network: FakeNetwork;
  readonly signaling: FakeSignaling;
  readonly meshes = new Map<string, Mesh>();
  readonly heard = new Map<string, string[]>();
  /** Attendees whose media reaches nobody. */
  readonly cutOff = new Set<string>();

  constructor(seed: number) {
    this.random = new Random(seed);
    this.network = new FakeNetwork(this.random);
    this.network.isBlocked = (one, other) => this.cutOff.has(one.owner) || this.cutOff.has(other.owner);
    this.signaling = new FakeSignaling(this.random, reliable);
  }

  /** Opens a page that nobody knows of yet. */
  open(id: string): Mesh {
    const say = (to: string, message: Message) =>
      this.signaling.send(id, to, message, (arrived) => {
        const other = this.meshes.get(to);
        if ('candidate' in arrived) other?.addCandidate(id, arrived.candidate);
        else other?.pair(id).receive(arrived.description);
      });
    const tracks = { audio: new FakeTrack('audio'), video: null } as unknown as {
      audio: MediaStreamTrack;
      video: null;
    };
    const mesh = new Mesh({
      deadlineMs: 10_000,
      iceTransportPolicy: 'all',
      createConnection: (configuration) => this.network.create(configuration, id) as unknown as RTCPeerConnection,
      tracks: () => tracks,
      sendDescription: (to, description) => say(to, { description }),
      sendCandidate: (to, candidate) => say(to, { candidate }),
      onMessage: (from, message) => this.heard.set(id, [...(this.heard.get(id) ?? []), `${from} ${message}`]),
      onPeerState: () => {},
      isScreen: () => false,
      onBusy: () => {},
    });
    mesh.self = id;
    mesh.iceServers = [{ urls: 'stun:stun.example.com' }];
    this.meshes.set(id, mesh);
    return mesh;
  }

  #tell(to: string, task: (mesh: Mesh) => void): void {
    this.signaling.tell('server', to, () => {
      const mesh = this.meshes.get(to);
      if (mesh) task(mesh);
    });
  }

  #others(id: string): string[] {
    return [...this.meshes.keys()].filter((each) => each !== id);
  }

  /** An attendee comes, and all others offer. */
  join(id: string): void {
    const others = this.#others(id);
    this.open(id);
    this.#tell(id, (mesh) => {
      for (const other of others) if (!mesh.has(other)) mesh.pair(other).awaitOffer();
    });
    for (const other of others) this.#tell(other, (mesh) => mesh.pair(id).offer());
  }

  /** The parameters with which an attendee sends to another one. */
  encoding(from: string, to: string, kind: 'audio' | 'video'): Partial<RTCRtpEncodingParameters> | undefined {
    return this.connection(from, to)
      ?.getTransceivers()
      .find((transceiver) => transceiver.kind === kind)?.encoding;
  }

  reload(id: string): void {
    this.meshes.get(id)?.close();
    const others = this.#others(id);
    const mesh = this.open(id);
    for (const other of others) mesh.pair(other).awaitOffer();
    for (const other of others) this.#tell(other, (each) => each.fresh(id).offer());
  }

  away(id: string, ms: number): void {
    this.signaling.setAway(id, true);
    for (const other of this.#others(id)) this.#tell(other, (mesh) => mesh.find(id)?.setOnline(false));
    setTimeout(() => {
      this.signaling.setAway(id, false);
      for (const other of this.#others(id)) this.meshes.get(id)?.find(other)?.nudge();
      for (const other of this.#others(id)) this.#tell(other, (mesh) => mesh.find(id)?.setOnline(true));
    }, ms);
  }

  cut(id: string, ms: number): void {
    this.cutOff.add(id);
    this.network.changed();
    setTimeout(() => {
      this.cutOff.delete(id);
      this.network.changed();
    }, ms);
  }

  get pairs(): number {
    return (this.meshes.size * (this.meshes.size - 1)) / 2;
  }

  connection(from: string, to: string): FakeConnection | undefined {
    return (this.meshes.get(from)?.find(to)?.connection ?? undefined) as unknown as FakeConnection | undefined;
  }

  get isComplete(): boolean {
    return [...this.meshes].every(([id, { states }]) =>
      this.#others(id).every((other) => {
        const [here, there] = [this.connection(id, other), this.connection(other, id)];
        return states.value[other]?.state === 'connected' && here && there && here.isValidWith(there);
      }),
    );
  }

  async end(): Promise<void> {
    for (const [id] of this.meshes)
      for (const other of this.#others(id))
        expect(this.connection(id, other)?.lines).toEqual(['audio', 'video', 'application']);
    for (const mesh of this.meshes.values()) mesh.close();
    this.signaling.close();
    await settled();
    expect(this.network.connections.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  }
}

const everybody = ['_ann', '_bob', '_eve', '_kim', '_zoe'];

describe('A mesh', () => {
  it('is complete within seconds when people join one after the other, or all at once', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const call = new Call(seed);
      for (const id of everybody) {
        call.join(id);
        await pass(call.random.pick([0, 100, 3_000]));
      }
      expect(await until(() => call.isComplete, 8_000), `seed ${seed}`).not.toBeNull();
      await pass(20_000);
      const { offer, answer, candidate } = call.signaling.sent;
      expect((offer + answer) / call.pairs, `seed ${seed}`).toBeLessThanOrEqual(3);
      expect((offer + answer + candidate) / call.pairs, `seed ${seed}`).toBeLessThan(20);
      await call.end();
    }
  });

  it('is complete again after reloads, lost sockets and lost routes', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const call = new Call(seed);
      const { random } = call;
      for (const id of everybody.slice(0, random.whole(3, 5))) call.join(id);
      for (let count = 0; count < 6; count += 1) {
        await pass(random.between(0, 4_000));
        const id = random.pick([...call.meshes.keys()]);
        random.pick([
          () => call.reload(id),
          () => call.away(id, random.between(50, 8_000)),
          () => call.cut(id, random.between(500, 15_000)),
        ])();
      }
      await pass(15_000);
      expect(await until(() => call.isComplete, 30_000), `seed ${seed}`).not.toBeNull();
      await call.end();
    }
  });

  it('brings messages to one or to all, those too that were sent before there was a way', async () => {
    const call = new Call(1);
    for (const id of everybody.slice(0, 3)) call.join(id);
    await pass(100);
    call.meshes.get('_bob')?.send(null, 'to all');
    call.meshes.get('_bob')?.send('_eve', 'to Eve');
    await pass(5_000);
    expect(call.heard).toEqual(
      new Map([
        ['_ann', ['_bob to all']],
        ['_eve', ['_bob to all', '_bob to Eve']],
      ]),
    );
    await call.end();
  });

  it('refuses a message at once that is too large or no text, and brings the others in their order', async () => {
    const call = new Call(1);
    for (const id of everybody.slice(0, 3)) call.join(id);
    await pass(100);
    const bob = call.meshes.get('_bob') as Mesh;
    const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });
    for (const large of ['x'.repeat(300_000), 'ä'.repeat(150_000), '\ud800'.repeat(90_000)])
      expect(() => bob.send(null, large)).toThrow(tooLarge);
    for (const binary of [new Uint8Array(3), new Blob(['x']), { text: 'x' }, 7, null, undefined])
      expect(() => bob.send(null, binary as unknown as string)).toThrow(TypeError);
    for (const text of ['first', 'y'.repeat(262_144), 'third', '']) expect(bob.send(null, text)).toBe(true);
    await pass(5_000);
    expect(() => bob.send('_ann', 'x'.repeat(300_000))).toThrow(tooLarge);
    expect(bob.send('_ann', 'last')).toBe(true);
    const heard = ['first', 'y'.repeat(262_144), 'third', ''].map((text) => `_bob ${text}`);
    expect(call.heard.get('_ann')).toEqual([...heard, '_bob last']);
    expect(call.heard.get('_eve')).toEqual(heard);
    await call.end();
  });

  it('says which messages wait in vain: to nobody, and more than may wait', async () => {
    const call = new Call(1);
    for (const id of everybody.slice(0, 3)) call.join(id);
    await pass(100);
    const bob = call.meshes.get('_bob') as Mesh;
    expect(bob.send('_nobody', 'hello')).toBe(false);
    for (let count = 0; count < 200; count += 1) expect(bob.send('_ann', String(count))).toBe(true);
    expect(bob.send(null, 'for Eve alone')).toBe(false);
    for (let count = 0; count < 15; count += 1) expect(bob.send('_eve', 'z'.repeat(262_144))).toBe(true);
    expect(bob.send('_eve', 'z'.repeat(262_144))).toBe(false);
    expect(bob.send('_eve', 'short')).toBe(true);
    await pass(5_000);
    expect(call.heard.get('_ann')).toEqual(Array.from({ length: 200 }, (_, count) => `_bob ${count}`));
    expect(call.heard.get('_eve')?.map((text) => text.slice(0, 20))).toEqual([
      '_bob for Eve alone',
      ...Array.from({ length: 15 }, () => `_bob ${'z'.repeat(15)}`),
      '_bob short',
    ]);
    expect(bob.send(null, 'room again')).toBe(true);
    await call.end();
  });

  it('brings messages to everybody else where one channel is full, slow or takes less than others', async () => {
    const reported: unknown[] = [];
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      try {
        task();
      } catch (error) {
        reported.push(error);
      }
    });
    const call = new Call(1);
    for (const id of everybody.slice(0, 3)) call.join(id);
    await pass(5_000);
    const bob = call.meshes.get('_bob') as Mesh;
    const toAnn = call.connection('_bob', '_ann')?.channels.get(1000);
    if (!toAnn) throw new Error('there is no channel');
    toAnn.isFull = true;
    expect(bob.send(null, '1')).toBe(true);
    expect(call.heard.get('_eve')).toEqual(['_bob 1']);
    expect(call.heard.get('_ann')).toBeUndefined();
    toAnn.isFull = false;
    toAnn.isSlow = true;
    for (let count = 0; count < 6; count += 1) bob.send(null, 'x'.repeat(250_000));
    bob.send(null, '2');
    expect(call.heard.get('_eve')).toHaveLength(8);
    expect(call.heard.get('_ann')).toHaveLength(5);
    toAnn.isSlow = false;
    toAnn.drain();
    expect(call.heard.get('_ann')).toEqual(call.heard.get('_eve'));
    toAnn.maxMessageSize = 65_536;
    bob.send(null, 'x'.repeat(100_000));
    bob.send(null, '3');
    expect(call.heard.get('_eve')?.at(-1)).toBe('_bob 3');
    expect(call.heard.get('_ann')?.slice(-2)).toEqual(['_bob 2', '_bob 3']);
    expect(reported).toEqual([expect.objectContaining({ code: 'TOO_LARGE' })]);
    toAnn.readyState = 'closing';
    expect(bob.send(null, '4')).toBe(true);
    expect(call.heard.get('_eve')?.at(-1)).toBe('_bob 4');
    await call.end();
  });

  it('keeps candidates of a ring until it is answered, however many are left of rings that were not', async () => {
    const call = new Call(1);
    const ann = call.open('_ann');
    const bob = call.open('_bob');
    const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', tag: 'declined' };
    for (let count = 0; count < 60; count += 1) bob.addCandidate(`_stranger${count}`, candidate);
    for (let count = 0; count < 300; count += 1) bob.addCandidate('_ann', candidate);
    const [offer] = await Promise.all([ann.fresh('_bob').ring(), pass(10_000)]);
    const [answer] = await Promise.all([bob.pair('_ann').answerRing(offer), pass(100)]);
    ann.pair('_bob').receive(answer);
    ann.pair('_bob').expect();
    expect(await until(() => call.isComplete, 2_000)).not.toBeNull();
    expect(call.signaling.sent).toMatchObject({ offer: 0, answer: 0 });
    await call.end();
  });

  it('sends no picture before all connections of a page are up, and sound before pictures', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const call = new Call(seed);
      for (const id of everybody) call.join(id);
      const started = (from: string) => everybody.filter((to) => call.encoding(from, to, 'video')?.active);
      const isUp = (from: string) =>
        Object.values(call.meshes.get(from)?.states.value ?? {}).filter(({ state }) => state === 'connected').length ===
        4;
      while (!call.isComplete) {
        for (const id of everybody) if (!isUp(id)) expect(started(id), `seed ${seed}`).toEqual([]);
        await pass(20);
      }
      await pass(2_000);
      expect(everybody.flatMap(started).length).toBe(20);
      expect(call.encoding('_ann', '_bob', 'audio')).toEqual({ priority: 'high' });
      expect(call.encoding('_ann', '_bob', 'video')).toMatchObject({ active: true, priority: 'low' });
      await call.end();
    }
  });

  it('sends no picture to somebody who does not show it, also over a connection that began anew', async () => {
    const call = new Call(3);
    call.join('_ann');
    call.join('_bob');
    await until(() => call.isComplete, 8_000);
    await pass(1_000);
    expect(call.encoding('_ann', '_bob', 'video')?.active).toBe(true);
    call.meshes.get('_bob')?.showPicture('_ann', 0);
    await pass(1_000);
    expect(call.encoding('_ann', '_bob', 'video')?.active).toBe(false);
    call.reload('_ann');
    await until(() => call.isComplete, 8_000);
    await pass(5_000);
    expect(call.encoding('_ann', '_bob', 'video')?.active).toBe(false);
    expect(call.encoding('_bob', '_ann', 'video')?.active).toBe(true);
    call.meshes.get('_bob')?.showPicture('_ann', 300);
    await pass(1_000);
    expect(call.encoding('_ann', '_bob', 'video')?.active).toBe(true);
    await call.end();
  });
});
