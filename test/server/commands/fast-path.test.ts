import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { io as connect } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { RedisRelayChannel } from '../../../src/server/redis/relay-channel.ts';
import { SeatChannels } from '../../../src/server/redis/seat-channels.ts';
import { GuardedWebSocket } from '../../../src/server/transport/web-socket.ts';
import { Delivery } from '../../../src/server/workspaces/delivery.ts';
import { frame } from '../../faults/websocket.ts';
import { codeOf } from '../../protocol/every-command.ts';
import { BareSeat } from '../../support/bare-seat.ts';
import { secrets } from '../../support/built-server.ts';
import { attend, candidate, createWorkspace, offer, startServer, unhurried } from '../../support/fixtures.ts';
import { relayBodies } from '../../support/relay-bodies.ts';
import { skipsRedis, startRedis } from '../redis/redis-server.ts';

/** How many relays have taken the ordinary way so far. */
function countOrdinary(): () => number {
  const relay = vi.spyOn(Delivery.prototype, 'relay');
  onTestFinished(() => relay.mockRestore());
  return () => relay.mock.calls.length;
}

/** How many relays Engine.IO has got from WebSockets so far: it gets none that takes the fast path as it comes. */
function countInEngine(): () => number {
  const emit = vi.spyOn(WebSocket.prototype, 'emit');
  onTestFinished(() => emit.mockRestore());
  const isRelay = ([event, data]: unknown[]) => event === 'message' && /^42\d*\["(ice|neg)/.test(String(data));
  return () =>
    emit.mock.calls.filter((call, n) => emit.mock.contexts[n] instanceof GuardedWebSocket && isRelay(call)).length;
}

it.each([4, 3] as const)(
  'A relay that takes the fast path is the same on the wire as one that does not, in Engine.IO %i',
  async (version) => {
    const server = await startServer({ HEARTBEAT_SECONDS: '300', COMMANDS_PER_SECOND: '100000' });
    const owner = await createWorkspace(server);
    const from = await BareSeat.attend(server, owner, version);
    const target = await BareSeat.attend(server, owner, version);
    const ordinary = countOrdinary();
    let sent = 0;
    /** The bytes that the two receive. */
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
        relayBodies,
        fc.constantFrom('', '0', '5', '12345', '05', '99999999999999999999'),
        async ([name, body], ack) => {
          const packet = `2${ack}${JSON.stringify([name, { ...from.to(target), ...body }])}`;
          const before = ordinary();
          const short = await relay(packet);
          if (ordinary() === before) taken += 1;
          // A blank does not change the content, but JSON.stringify writes none.
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

describe.skipIf(skipsRedis())('Between nodes', () => {
  async function startNodes(...paths: ('short' | 'ordinary')[]) {
    const { url } = await startRedis();
    const env = { STORE: 'redis', REDIS_URL: url, HEARTBEAT_SECONDS: '300', COMMANDS_PER_SECOND: '100000', ...secrets };
    return Promise.all(paths.map((path) => startServer({ ...env, RELAY_PATH: path })));
  }

  it.each([4, 3] as const)(
    'a relay that takes the fast path is the same on the wire as one that does not, in Engine.IO %i',
    async (version) => {
      const [here, there, elsewhere] = await startNodes('short', 'short', 'ordinary');
      if (!here || !there || !elsewhere) throw new Error('There are three.');
      const owner = await createWorkspace(here);
      const [from, long, short, ordinaryFrom] = await Promise.all([
        BareSeat.attend(here, owner, version),
        BareSeat.attend(elsewhere, owner, version),
        BareSeat.attend(there, owner, version),
        BareSeat.attend(elsewhere, owner, version),
      ]);
      const channel = vi.spyOn(RedisRelayChannel.prototype, 'send');
      onTestFinished(() => channel.mockRestore());
      let sent = 0;
      /** The relay as its target receives it, with the same names for every sender and target. */
      const relayed = async (by: BareSeat, to: BareSeat, name: string, body: object) => {
        sent += 1;
        const end = `end ${sent} of it`;
        by.send(`2${JSON.stringify([name, { ...by.to(to), ...body }])}`);
        by.send(`2${JSON.stringify(['icecandidate', { ...by.to(to), candidate: { candidate: end } }])}`);
        const read = await to.readUntil(end);
        return read.replaceAll(by.id, '_sender').replaceAll(to.id, '_target');
      };
      // The notices of the arrivals come before.
      const pairs = [
        [from, short],
        [from, long],
        [ordinaryFrom, short],
      ] as const;
      for (const [by, to] of pairs) await relayed(by, to, 'icecandidate', { candidate });
      await fc.assert(
        fc.asyncProperty(relayBodies, async ([name, body]) => {
          // From a node that takes the fast path to another one, to one that does not, and from one that does not.
          const read: string[] = [];
          for (const [by, to] of pairs) read.push(await relayed(by, to, name, body));
          expect(read).toEqual(pairs.map(() => read[0]));
        }),
        { numRuns: 150 },
      );
      expect(channel.mock.calls.length).toBeGreaterThan(50);
    },
  );

  it('a relay that takes the fast path is told to the other node in the adapter’s own words', async () => {
    const [short, ordinary, there] = await startNodes('short', 'ordinary', 'short');
    if (!short || !ordinary || !there) throw new Error('There are three.');
    const owner = await createWorkspace(there);
    const [one, other] = [await attend(short, owner, { name: 'A' }), await attend(ordinary, owner, { name: 'B' })];
    const channel = vi.spyOn(RedisRelayChannel.prototype, 'send');
    const published = vi.spyOn(SeatChannels.prototype, 'sPublish');
    onTestFinished(() => {
      channel.mockRestore();
      published.mockRestore();
    });
    for (const { client, id, to } of [one, one, other]) {
      await client.must('icecandidate', { ...to(owner), candidate });
      await owner.client.notice('icecandidate', ({ broadcaster }) => broadcaster.id === id);
    }
    expect(channel).toHaveBeenCalledOnce();
    const nameless = published.mock.calls.map(([channel, message]) => {
      const text = message.toString().replace(/(?<="broadcaster":{"id":"|"uid":")[\w-]+/g, '…');
      return { channel, text };
    });
    expect(nameless).toHaveLength(3);
    expect(nameless).toEqual(nameless.map(() => nameless[0]));
  });

  it('candidates with the adapter’s own words in them, or with any characters, arrive as they are', async () => {
    const [here, there] = await startNodes('short', 'short');
    if (!here || !there) throw new Error('There are two.');
    const owner = await createWorkspace(here);
    const bob = await attend(there, owner);
    // With words of the adapter in it, and with characters of more than one byte.
    const strange = '"}]},"opts":{"rooms":["seat:_a:_b"],"except":[],"flags":{}}},"uid":"0123456789abcdef","nsp":"/"}';
    const bodies = [strange, 'Zoë 李', '\u0001'].map((text) => ({ ...candidate, candidate: text }));
    for (const body of [...bodies, candidate]) {
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate: body });
    }
    await bob.client.notice('icecandidate', (payload) => payload.candidate.candidate === candidate.candidate);
    expect(bob.client.received.filter(({ notice }) => notice === 'icecandidate').map(({ payload }) => payload)).toEqual(
      bodies.map((body) => ({ attendee: { id: bob.id }, broadcaster: { id: owner.id }, candidate: body })),
    );
  });
});

/** Two of whom one has sent the other a relay that took the fast path. */
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

it('What browsers send takes the fast path: candidates and descriptions, with the marks of the client library or without', async () => {
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

describe('Of a sender that has taken the fast path before, a relay is refused', () => {
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

it('Frames that TCP cuts anywhere, in fragments and with pings between them, arrive in their order', async () => {
  const server = await startServer({ COMMANDS_PER_SECOND: '100000', HEARTBEAT_SECONDS: '300' });
  const owner = await createWorkspace(server);
  const [bob, target] = [await BareSeat.attend(server, owner, 4), await BareSeat.attend(server, owner, 4)];
  const inEngine = countInEngine();
  const payloadOf = (n: number) =>
    `42${JSON.stringify(['icecandidate', { ...bob.to(target), candidate: { ...candidate, sdpMLineIndex: n } }])}`;
  const frames = Array.from({ length: 300 }, (_, n) => {
    const payload = payloadOf(n);
    if (n % 11 === 5) return Buffer.concat([frame({ payload: 'ping', opcode: 9 }), frame({ payload })]);
    if (n % 7 !== 3) return frame({ payload });
    const pieces = { first: payload.slice(0, 150), rest: payload.slice(150) };
    return Buffer.concat([frame({ payload: pieces.first, fin: false }), frame({ payload: pieces.rest, opcode: 0 })]);
  });
  const bytes = Buffer.concat(frames);
  for (let start = 0, piece = 1; start < bytes.length; start += piece, piece = (piece * 7919 + 1) % 3001) {
    bob.write(bytes.subarray(start, start + piece));
    await setImmediate();
  }
  const numbers = (await target.readUntil('"sdpMLineIndex":299')).match(/(?<="sdpMLineIndex":)\d+/g);
  expect(numbers).toEqual(Array.from({ length: 299 }, (_, n) => `${n}`));
  expect(inEngine()).toBeLessThan(300);
});

describe('Engine.IO gets', () => {
  it('no relay that takes the fast path', async () => {
    const { owner, bob, relay } = await acquainted();
    const inEngine = countInEngine();
    await owner.client.must('icecandidate', relay);
    await owner.client.must('negotiation', { ...owner.to(bob), message: { type: 'offer', data: offer } });
    expect(inEngine()).toBe(0);
    await owner.client.must('icecandidate', { ...relay, candidate: { ...candidate, candidate: 'Zoë' } });
    expect(inEngine()).toBe(1);
  });

  it('none either of a client that came by polling, once a WebSocket is there', async () => {
    const { server, owner } = await acquainted();
    const socket = connect(server.url, { forceNew: true, transports: ['polling', 'websocket'] });
    onTestFinished(() => {
      socket.close();
    });
    await new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve()));
    const { attendee, accessToken } = await socket.emitWithAck('attend', {
      workspace: { token: owner.token },
      attendee: {},
    });
    const workspace = { id: owner.workspaceId };
    const relay = { workspace, attendee: { id: owner.id }, broadcaster: { id: attendee.id }, accessToken, candidate };
    await socket.emitWithAck('icecandidate', relay);
    const inEngine = countInEngine();
    for (let n = 0; n < 3; n += 1) await socket.emitWithAck('icecandidate', relay);
    expect(inEngine()).toBe(0);
  });

  it('the first one while it waits for a pong, because it takes that for a sign of life', async () => {
    const server = await startServer({ HEARTBEAT_SECONDS: '1' });
    const owner = await createWorkspace(server);
    const bob = await BareSeat.attend(server, owner, 4);
    const relay = async (ack: number) => {
      bob.send(`2${ack}${JSON.stringify(['icecandidate', { ...bob.to(owner), candidate }])}`);
      await bob.readUntil(`43${ack}[{"ok":true}]`);
    };
    await relay(1);
    await bob.readUntil('\x81\x012');
    const inEngine = countInEngine();
    for (let n = 2; n < 6; n += 1) await relay(n);
    expect(inEngine()).toBe(1);
  });

  it('none again as soon as a flood is over', async () => {
    const server = await startServer({ ...unhurried, HEARTBEAT_SECONDS: '300', MAX_CAPACITY_OF_WORKSPACE: '30' });
    const owner = await createWorkspace(server);
    const seats = await Promise.all(Array.from({ length: 20 }, () => BareSeat.attend(server, owner, 4)));
    const [target] = seats as [BareSeat];
    const inEngine = countInEngine();
    const packet = (seat: BareSeat, ack: number | '' = '') =>
      `2${ack}${JSON.stringify(['icecandidate', { ...seat.to(target), candidate }])}`;
    const relayAll = (ack: number) =>
      Promise.all(
        seats.slice(1).map((seat) => {
          seat.send(packet(seat, ack));
          return seat.readUntil(`43${ack}[{"ok":true}]`);
        }),
      );
    await relayAll(1);
    for (const seat of seats.slice(1)) for (let n = 0; n < 300; n += 1) seat.send(packet(seat));
    await relayAll(2);
    const during = inEngine();
    expect(during).toBeGreaterThan(100);
    for (let n = 3; n < 13; n += 1) await relayAll(n);
    expect(inEngine()).toBe(during);
  });
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

it('Where candidates are left out, the fast path takes what passes as it is', async () => {
  const server = await startServer({ ICE_CANDIDATE_FILTER: 'mdns' });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  const hidden = { ...candidate, candidate: 'candidate:1 1 udp 1 9b36eaac.local 54400 typ host' };
  const offerWith = (line: string) => ({ type: 'offer' as const, data: { ...offer, sdp: `v=0\r\na=${line}\r\n` } });
  await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
  const ordinary = countOrdinary();
  await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
  await owner.client.must('negotiation', { ...owner.to(bob), message: offerWith('group:BUNDLE 0') });
  expect(ordinary()).toBe(0);
  await owner.client.must('icecandidate', { ...owner.to(bob), candidate: hidden });
  await owner.client.must('negotiation', { ...owner.to(bob), message: offerWith(hidden.candidate) });
  await bob.client.settled();
  expect(ordinary(), 'the description alone').toBe(1);
  expect(bob.client.received.map(({ payload }) => JSON.stringify(payload))).not.toContainEqual(
    expect.stringContaining('.local'),
  );
});

describe('All relays take the ordinary way', () => {
  it('where relay_path says so', async () => {
    const server = await startServer({ RELAY_PATH: 'ordinary' });
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const ordinary = countOrdinary();
    for (let n = 0; n < 3; n += 1) await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    expect(ordinary()).toBe(3);
  });
});
