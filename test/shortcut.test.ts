import fc from 'fast-check';
import { io as connect } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Delivery } from '../src/delivery.ts';
import { installedVersion } from '../src/installed-version.ts';
import { unknownPackage } from '../src/shortcut.ts';
import { openWebSocket, type Raw } from './faults/raw-connections.ts';
import { type EngineVersion, frame } from './faults/websocket.ts';
import { attend, candidate, createWorkspace, type Owner, offer, startServer, type TestServer } from './fixtures.ts';
import { codeOf } from './server/every-command.ts';

/** How many relays have gone the ordinary way so far. */
function countOrdinary(): () => number {
  const relay = vi.spyOn(Delivery.prototype, 'relay');
  onTestFinished(() => relay.mockRestore());
  return () => relay.mock.calls.length;
}

/** A seat on a connection of which each byte can be seen. */
class BareSeat {
  readonly id: string;
  readonly #raw: Raw;
  readonly #owner: Owner;
  readonly #accessToken: string;
  #unread = '';

  private constructor(raw: Raw, owner: Owner, id: string, accessToken: string) {
    this.#raw = raw;
    this.#owner = owner;
    this.id = id;
    this.#accessToken = accessToken;
    raw.socket.setNoDelay();
    raw.socket.on('data', (bytes) => {
      this.#unread += bytes.toString('latin1');
    });
  }

  static async attend(server: TestServer, owner: Owner, version: EngineVersion): Promise<BareSeat> {
    const raw = await openWebSocket(server.url, version);
    if (version === 4) raw.write(frame({ payload: '40' }));
    await raw.has('40');
    const payload = { workspace: { token: owner.token }, attendee: {} };
    raw.write(frame({ payload: `420${JSON.stringify(['attend', payload])}` }));
    await raw.has('42["iceservers"');
    const { id } = JSON.parse(/"attendee":(\{.*?\})/.exec(raw.received)?.[1] ?? '');
    const accessToken = /"accessToken":"(.*?)"/.exec(raw.received)?.[1] ?? '';
    return new BareSeat(raw, owner, id, accessToken);
  }

  /** What a relay to somebody carries beside its body. */
  to({ id }: { id: string }) {
    const workspace = { id: this.#owner.workspaceId };
    return { workspace, attendee: { id }, broadcaster: { id: this.id }, accessToken: this.#accessToken };
  }

  send(packet: string): void {
    this.#raw.write(frame({ payload: `4${packet}` }));
  }

  /** All that has come, with the heads of its frames, up to a text that has not come before. */
  async readUntil(end: string): Promise<string> {
    await this.#raw.has(end);
    const read = this.#unread.slice(0, this.#unread.indexOf(end));
    this.#unread = '';
    return read;
  }
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', '0', 'audio', 'a"b\\c', 'a=group:BUNDLE 0 1\r\nm=', 'Zoë 李', '\u0001'),
);
const unknown = fc.dictionary(
  fc.constantFrom('tag', 'number', 'relayProtocol', '__proto__', '1'),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Members in any order. */
const shuffled = (members: fc.Arbitrary<object>) =>
  members.chain((value) =>
    fc
      .shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length })
      .map((entries) => Object.fromEntries(entries)),
  );
const candidates = fc
  .tuple(
    fc.record(
      {
        candidate: text,
        sdpMid: fc.oneof(text, fc.constant(null)),
        sdpMLineIndex: fc.oneof(fc.nat(), fc.constant(null)),
        usernameFragment: fc.oneof(text, fc.constant(null)),
      },
      { requiredKeys: ['candidate'] },
    ),
    fc.oneof(fc.constant({}), unknown),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const descriptions = fc
  .tuple(
    fc.record({ type: fc.constantFrom('offer', 'answer', 'rollback'), sdp: text }, { requiredKeys: ['sdp'] }),
    fc.oneof(fc.constant({}), unknown, fc.constant({ tag: 'x1', number: 2, answers: { tag: 'y', number: 1 } })),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const bodies = fc.oneof(
  fc.oneof(candidates, shuffled(candidates)).map((body) => ['icecandidate', { candidate: body }] as const),
  fc
    .record({ type: fc.constantFrom('offer', 'answer'), data: fc.oneof(descriptions, shuffled(descriptions)) })
    .map((body) => ['negotiation', { message: body }] as const),
);

it.each([4, 3] as const)(
  'A relay that takes the shortcut is the same on the wire as one that does not, in Engine.IO %i',
  async (version) => {
    const server = await startServer({ HEARTBEAT_SECONDS: '300', COMMANDS_PER_SECOND: '100000' });
    const owner = await createWorkspace(server);
    const from = await BareSeat.attend(server, owner, version);
    const target = await BareSeat.attend(server, owner, version);
    const ordinary = countOrdinary();
    let sent = 0;
    /** What the two of them get. */
    const relay = async (packet: string): Promise<string[]> => {
      sent += 1;
      const end = { candidate: `end ${sent} of it` };
      from.send(packet);
      from.send(`2${1000 + sent}${JSON.stringify(['icecandidate', { ...from.to(target), candidate: end }])}`);
      return [await target.readUntil(end.candidate), await from.readUntil(`43${1000 + sent}[{"ok":true}]`)];
    };
    await relay('2["nothing"]');
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.constantFrom('', '0', '5', '12345', '05', '99999999999999999999'),
        async ([name, body], ack) => {
          const packet = `2${ack}${JSON.stringify([name, { ...from.to(target), ...body }])}`;
          const before = ordinary();
          const short = await relay(packet);
          if (ordinary() === before) taken += 1;
          // A blank changes nothing of what is said, but JSON.stringify writes none.
          const long = await relay(`${packet.slice(0, -2)} }]`);
          expect(ordinary()).toBeGreaterThan(before);
          // Only the number of the end differs.
          expect(short).toEqual(long);
        },
      ),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(20);
  },
);

/** Two of whom one has sent the other a relay that took the shortcut. */
async function acquainted(env: Record<string, string> = {}, now = Date.now) {
  const server = await startServer(env, { now });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  const ordinary = countOrdinary();
  const relay = { ...owner.to(bob), candidate };
  // With the first one the token is verified.
  await owner.client.must('icecandidate', relay);
  await owner.client.must('icecandidate', relay);
  expect(ordinary()).toBe(1);
  bob.client.received.length = 0;
  return { server, owner, bob, relay, ordinary };
}

it('What browsers send takes the shortcut: candidates and descriptions, with the marks of the client library or without', async () => {
  const { owner, bob, relay, ordinary } = await acquainted();
  const sdp = 'v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na="\\"\r\n'.repeat(50);
  const candidates = [
    candidate,
    { ...candidate, tag: '1abc2de' },
    { candidate: '', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null },
    { candidate: candidate.candidate, sdpMid: null, sdpMLineIndex: 12 },
  ];
  const descriptions = [
    { type: 'offer' as const, sdp },
    { type: 'offer' as const, sdp, tag: '1abc2de', number: 3 },
    { type: 'answer' as const, sdp, tag: '1abc2de', answers: { tag: '2', number: 1 } },
    { sdp },
  ];
  for (const each of candidates) await owner.client.must('icecandidate', { ...relay, candidate: each });
  for (const data of descriptions) {
    await owner.client.must('negotiation', { ...owner.to(bob), message: { type: 'offer', data } });
  }
  await bob.client.settled();
  expect(ordinary()).toBe(1);
  expect(bob.client.received.map(({ payload }) => payload)).toEqual([
    ...candidates.map((each) => ({ attendee: { id: bob.id }, broadcaster: { id: owner.id }, candidate: each })),
    ...descriptions.map((data) => ({ attendee: { id: owner.id }, message: { type: 'offer', data } })),
  ]);
});

describe('Of who has taken the shortcut before, a relay is refused', () => {
  it('when the token has expired since', async () => {
    let later = 0;
    const { owner, bob, relay } = await acquainted({ ACCESS_TOKEN_HOURS: '1' }, () => Date.now() + later);
    // An hour, and the second that a token's times are rounded to.
    later = 3_601_000;
    expect(await owner.client.refused('icecandidate', relay)).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(bob.client.heard).toEqual([]);
  });

  it('when its seat has ended', async () => {
    const { owner, bob } = await acquainted();
    const relay = { ...bob.to(owner), message: { type: 'offer' as const, data: offer } };
    await bob.client.must('negotiation', relay);
    await bob.client.must('negotiation', relay);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    owner.client.received.length = 0;
    expect(await bob.client.refused('negotiation', relay)).toMatchObject({ code: 'NOT_SEATED' });
    await owner.client.settled();
    expect(owner.client.heard).not.toContain('negotiation');
  });

  it('when the seat that it is for has ended', async () => {
    const { owner, bob, relay } = await acquainted();
    await bob.client.must('leave', bob.proof);
    expect(await owner.client.refused('icecandidate', relay)).toMatchObject({ code: 'NO_SUCH_ATTENDEE' });
  });

  it('when it comes too fast', async () => {
    const { owner, bob, relay } = await acquainted({ COMMANDS_PER_SECOND: '20' });
    const replies = await Promise.all(Array.from({ length: 40 }, () => owner.client.ask('icecandidate', relay)));
    const refused = replies.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatchObject({ error: { code: 'RATE_LIMITED', retryAfter: 1 } });
    await bob.client.settled();
    expect(bob.client.heard).toHaveLength(40 - refused.length);
  });

  it('when it is too large, is of another form, or says another sender or another workspace', async () => {
    const { server, owner, bob, relay } = await acquainted({ MAX_PAYLOAD_BYTES: '1024' });
    const elsewhere = await createWorkspace(server);
    const wrong: [object, string][] = [
      [{ ...relay, candidate: { ...candidate, candidate: 'c'.repeat(1024) } }, 'TOO_LARGE'],
      [{ ...relay, candidate: { ...candidate, candidate: 1 } }, 'INVALID_PAYLOAD'],
      [{ ...relay, candidate: { ...candidate, sdpMLineIndex: -1 } }, 'INVALID_PAYLOAD'],
      [{ ...relay, candidate: null }, 'INVALID_PAYLOAD'],
      [{ ...relay, broadcaster: { id: bob.id } }, 'INVALID_TOKEN'],
      [{ ...relay, workspace: { id: elsewhere.workspaceId } }, 'INVALID_TOKEN'],
      [{ ...relay, attendee: { id: elsewhere.id } }, 'NO_SUCH_ATTENDEE'],
      [{ ...relay, accessToken: bob.accessToken }, 'INVALID_TOKEN'],
      [{ ...relay, accessToken: `${owner.accessToken}x` }, 'INVALID_TOKEN'],
    ];
    for (const [payload, code] of wrong) expect(codeOf(await owner.client.askRaw('icecandidate', payload))).toBe(code);
    await bob.client.settled();
    expect(bob.client.heard).toEqual([]);
    expect(elsewhere.client.heard).toEqual([]);
  });
});

it('What one connection sends arrives in its order, whichever way it takes', async () => {
  const { owner, bob, relay } = await acquainted({ COMMANDS_PER_SECOND: '100000' });
  const expected: unknown[] = [];
  for (let n = 0; n < 300; n += 1) {
    if (n % 7 === 3) {
      owner.client.send('mic-toggle', { ...owner.proof, state: n % 2 === 0 });
      expected.push(n % 2 === 0);
    } else {
      // Unknown members take the ordinary way.
      const more = n % 5 === 0 ? { foundation: '1' } : {};
      owner.client.send('icecandidate', { ...relay, candidate: { ...candidate, sdpMLineIndex: n, ...more } });
      expected.push(n);
    }
  }
  await owner.client.settled();
  await bob.client.settled();
  const heard = bob.client.received.map(({ payload }) => {
    const { state, candidate: it } = payload as { state?: boolean; candidate?: { sdpMLineIndex: number } };
    return state ?? it?.sdpMLineIndex;
  });
  expect(heard).toEqual(expected);
});

it('Nothing is lost or overtaken while the target goes from polling to a WebSocket', async () => {
  const { server, owner, relay, ordinary } = await acquainted({ COMMANDS_PER_SECOND: '100000' });
  const socket = connect(server.url, { forceNew: true, transports: ['polling', 'websocket'] });
  onTestFinished(() => {
    socket.close();
  });
  const upgraded = new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve()));
  const { attendee } = await socket.emitWithAck('attend', { workspace: { token: owner.token }, attendee: {} });
  const arrived: unknown[] = [];
  socket.on('icecandidate', ({ candidate: { sdpMLineIndex } }) => arrived.push(sdpMLineIndex));
  let sent = 0;
  const send = () => {
    const payload = { ...relay, attendee: { id: attendee.id }, candidate: { ...candidate, sdpMLineIndex: sent } };
    sent += 1;
    return owner.client.must('icecandidate', payload);
  };
  let isUpgraded = false;
  upgraded.then(() => {
    isUpgraded = true;
  });
  while (!isUpgraded) await send();
  const before = ordinary();
  for (let n = 0; n < 50; n += 1) await send();
  expect(ordinary()).toBeLessThan(before + 50);
  await socket.emitWithAck('iceservers', {});
  expect(arrived).toEqual(Array.from({ length: sent }, (_, index) => index));
});

it('Who reads slowly gets all of it in its order', async () => {
  const env = { COMMANDS_PER_SECOND: '100000', MAX_UNREAD_BYTES: '100000000' };
  const { owner, bob, relay } = await acquainted(env);
  const { engine } = (bob.client.socket as ReturnType<typeof connect>).io;
  const { _socket: tcp } = (engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws;
  tcp.pause();
  const padding = 'c'.repeat(50_000);
  for (let n = 0; n < 400; n += 1) {
    owner.client.send('icecandidate', { ...relay, candidate: { ...candidate, candidate: padding, sdpMLineIndex: n } });
  }
  await owner.client.settled();
  tcp.resume();
  await bob.client.settled();
  const numbers = bob.client.received.map(
    ({ payload }) => (payload as { candidate: { sdpMLineIndex: number } }).candidate.sdpMLineIndex,
  );
  expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => index));
});

describe('All relays go the ordinary way', () => {
  it('where relay_path says so', async () => {
    const server = await startServer({ RELAY_PATH: 'ordinary' });
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const ordinary = countOrdinary();
    for (let n = 0; n < 3; n += 1) await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    expect(ordinary()).toBe(3);
  });

  it('where a package is of a version that is not known, and those that are installed are known', () => {
    expect(unknownPackage()).toBeNull();
    for (const name of ['socket.io', 'socket.io-parser', 'engine.io', 'ws']) {
      const versionOf = (each: string) => (each === name ? '99.0.0' : installedVersion(each));
      expect(unknownPackage(versionOf)).toBe(`${name} 99.0.0`);
    }
  });
});
