import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import { emptyFolder } from '../support/built-server.ts';
import {
  attend,
  type Client,
  candidate,
  createWorkspace,
  type Generation,
  generations,
  inOneProcess,
  type Owner,
  reattend,
  startServer,
  type TestServer,
  unhurried,
} from '../support/fixtures.ts';
import { codeOf, examples, forget } from './every-command.ts';

const [socketIo4, , socketIo2] = generations;

const withItsClock = inOneProcess('the clock of a process cannot be set from outside');
const counting = inOneProcess('each process counts the connections that it has');
const exactly = inOneProcess('of workspaces in Redis each process knows only about how many there are');

interface Engine {
  /** Sends a packet of Socket.IO as it is, inside a message of Engine.IO. */
  write(packet: string | Buffer): void;
  on(event: 'data', listener: (data: unknown) => void): void;
  transport: { ws: { send(frame: string | Buffer): void } };
}

function engineOf({ socket }: Client): Engine {
  return (socket as unknown as { io: { engine: Engine } }).io.engine;
}

/** Collects the errors that would have ended the process, were it no test. */
function crashes(): unknown[] {
  const found: unknown[] = [];
  const remember = (error: unknown) => found.push(error);
  process.on('uncaughtExceptionMonitor', remember);
  onTestFinished(() => {
    process.off('uncaughtExceptionMonitor', remember);
  });
  return found;
}

const field = (length: number) => ({ workspace: { name: 'Room' }, attendee: {}, ignored: 'x'.repeat(length) });

describe.each(generations)('with $name', (generation) => {
  it('an event that is too large is refused, and the connection stays', async () => {
    const server = await startServer({ MAX_PAYLOAD_BYTES: '2048' });
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    for (const payload of [
      field(2048),
      field(20_000),
      { ignored: 'é'.repeat(1100) },
      { ignored: Buffer.alloc(2048) },
      { ignored: [Buffer.alloc(1024), Buffer.alloc(1024)] },
    ]) {
      expect(codeOf(await owner.client.askRaw('create', payload))).toBe('TOO_LARGE');
      owner.client.send('create', payload);
      expect(await owner.client.notice('alert')).toContain('too large');
    }
    const large = { ...owner.to(bob), candidate: { ...candidate, candidate: 'c'.repeat(3000) } };
    expect(codeOf(await owner.client.askRaw('icecandidate', large))).toBe('TOO_LARGE');
    expect(codeOf(await owner.client.askRaw('create', field(1500)))).toBeNull();
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    await bob.client.settled();
    expect(bob.client.heard).toEqual([]);
  });

  it('a connection that sends far more than any event may have is cut, and only that one', async () => {
    const server = await startServer({ MAX_PAYLOAD_BYTES: '2048' });
    const owner = await createWorkspace(server, { generation });
    const client = await server.connect({ generation });
    client.send('create', field(100_000));
    await client.notice('(disconnected)');
    await owner.client.must('attendees', owner.proof);
  });

  it('payloads with binary members are answered', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    await bob.client.settled();
    forget(bob);
    for (const [command, payload] of [
      ['create', Buffer.from('bytes')],
      ['create', { workspace: { name: Buffer.from('bytes') }, attendee: {} }],
      ['create', { workspace: { pin: Buffer.from('1234') }, attendee: {} }],
      ['icecandidate', { ...owner.to(bob), candidate: Buffer.from('candidate') }],
      ['icecandidate', { ...owner.to(bob), candidate: { ...candidate, more: Buffer.from('candidate') } }],
    ] as const) {
      expect(codeOf(await owner.client.askRaw(command, payload))).toBe('INVALID_PAYLOAD');
    }
    expect(codeOf(await owner.client.askRaw('iceservers', { ignored: Buffer.from('bytes') }))).toBeNull();
    await bob.client.settled();
    expect(bob.client.heard).toEqual([]);
  });
});

describe('connecting to the namespace again over the same connection', () => {
  /** Opens a connection by polling. @returns a function that posts one payload and returns the packets that came back */
  async function openPolling({ url }: TestServer): Promise<(payload: string) => Promise<string>> {
    const polling = `${url}/socket.io/?EIO=4&transport=polling`;
    const [, sid] = /"sid":"([^"]+)"/.exec(await (await fetch(polling)).text()) ?? [];
    return async (body) => {
      await (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body })).text();
      return (await fetch(`${polling}&sid=${sid}`)).text();
    };
  }

  it('thousands of times at once makes no socket for each, and ends the connection', async () => {
    const send = await openPolling(await startServer());
    const connects = Array.from({ length: 5000 }, () => '40').join('\x1e');
    expect(await send(connects)).not.toContain('40{');
  });

  it('ends it over WebSocket too', async () => {
    const server = await startServer();
    const client = await server.connect();
    engineOf(client).write('0');
    await client.notice('(disconnected)');
  });

  it('is fine after leaving the namespace', async () => {
    const send = await openPolling(await startServer());
    for (let n = 0; n < 3; n += 1) {
      expect(await send('40')).toContain('40{');
      expect(await send('420["iceservers",{}]\x1e41')).toContain('430[{"ok":true');
    }
  });
});

describe('too many commands', () => {
  withItsClock('of one connection are refused until it slows down', async () => {
    let now = Date.now();
    const server = await startServer({ COMMANDS_PER_SECOND: '50' }, { now: () => now });
    const client = await server.connect();
    const burst = () => Promise.all(Array.from({ length: 60 }, () => client.askRaw('iceservers', {})));
    for (let round = 0; round < 2; round += 1) {
      const replies = await burst();
      expect(replies.filter((reply) => codeOf(reply) === null)).toHaveLength(50);
      for (const reply of replies.slice(50)) {
        expect(reply).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED', retryAfter: 1 } });
      }
      client.send('create', { workspace: {}, attendee: {} });
      expect(await client.notice('alert')).toContain('Too many');
      const other = await server.connect();
      await createWorkspace(server, { client: other });
      now += 1000;
    }
    now += 20;
    expect(codeOf(await client.askRaw('iceservers', {}))).toBeNull();
  });

  it('are not what a call needs: 250 candidates at once all arrive', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    for (let n = 0; n < 250; n += 1) owner.client.send('icecandidate', { ...owner.to(bob), candidate });
    for (let n = 0; n < 250; n += 1) await bob.client.notice('icecandidate');
  });

  withItsClock('count whatever they are: unknown, malformed, too large or refused', async () => {
    const now = Date.now();
    const server = await startServer({ COMMANDS_PER_SECOND: '4', MAX_PAYLOAD_BYTES: '1024' }, { now: () => now });
    const client = await server.connect();
    const codes = [
      await client.askRaw('nonsense', {}),
      await client.askRaw('create', 42),
      await client.askRaw('create', field(1024)),
      await client.askRaw('attendees', { workspace: { id: '_a' }, attendee: { id: '_b' }, accessToken: 'x' }),
      await client.askRaw('iceservers', {}),
    ].map(codeOf);
    expect(codes).toEqual(['UNKNOWN_COMMAND', 'INVALID_PAYLOAD', 'TOO_LARGE', 'INVALID_TOKEN', 'RATE_LIMITED']);
  });
});

describe('workspaces that one address creates', () => {
  const create = { workspace: {}, attendee: {} };
  const sentence = 'Too many workspaces were created from your network in a short time. Wait a moment and try again.';
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const env = { TRUST_PROXY: 'loopback', CREATES_PER_MINUTE: '5' };

  it.each([
    ['Socket.IO 4', socketIo4, '203.0.113.4', '203.0.113.4'],
    ['Socket.IO 2', socketIo2, '203.0.113.2', '203.0.113.2'],
    ['Socket.IO 4 over IPv6, where a /64 is one address', socketIo4, '2001:db8::1', '2001:db8::2'],
  ])(
    'are bounded in a minute, over all its connections and all nodes, with %s',
    async (_, generation, one, another) => {
      const server = await startServer(env);
      const clients = [];
      for (const address of [one, another, one]) clients.push(await server.connect({ generation, ...from(address) }));
      const replies = await Promise.all(clients.flatMap((client) => [1, 2, 3].map(() => client.ask('create', create))));
      const errors = replies.flatMap((reply) => (reply.ok ? [] : [reply.error]));
      expect(errors).toHaveLength(4);
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'RATE_LIMITED', message: sentence });
        expect(error.retryAfter).toBeGreaterThan(0);
        expect(error.retryAfter).toBeLessThanOrEqual(60);
      }
      clients[0]?.send('create', create);
      expect(await clients[0]?.notice('alert')).toBe(sentence);

      // Other addresses, and everything else that this one does, are not concerned.
      const owner = await createWorkspace(server, { generation, ...from('198.51.100.200') });
      const guest = await attend(server, owner, { generation, ...from(one) });
      await reattend(server, guest, from(one));
    },
  );

  it('are 60 by default; those that are refused for their form do not count', async () => {
    const server = await startServer({ TRUST_PROXY: 'loopback', CREATES_PER_MINUTE: '60' });
    const client = await server.connect(from('203.0.113.60'));
    await Promise.all(Array.from({ length: 20 }, () => client.askRaw('create', { workspace: 42 })));
    const replies = await Promise.all(Array.from({ length: 70 }, () => client.ask('create', create)));
    expect(replies.filter(({ ok }) => ok)).toHaveLength(60);
  });

  it('are those of the address alone that a server without proxies sees', async () => {
    const server = await startServer({ CREATES_PER_MINUTE: '2', TRUST_PROXY: '' });
    const codes = [];
    for (let n = 1; n <= 3; n += 1) {
      const client = await server.connect(from(`198.51.100.${n}`));
      codes.push(codeOf(await client.ask('create', create)));
    }
    expect(codes).toEqual([null, null, 'RATE_LIMITED']);
  });
});

describe('more workspaces than the server holds', () => {
  exactly.each(['memory', 'a file'])(
    'are not begun, in %s, however many come at once, until others end',
    async (where) => {
      const file = where === 'memory' ? '' : join(await emptyFolder(), 'rooms.json');
      const server = await startServer({ MAX_WORKSPACES: '3', JSON_STORAGE_FILE: file });
      const owner = await createWorkspace(server);
      const client = await server.connect();
      const create = () => client.ask('create', { workspace: {}, attendee: {} });
      const replies = await Promise.all(Array.from({ length: 10 }, create));
      expect(replies.filter(({ ok }) => ok)).toHaveLength(2);
      expect(await create()).toMatchObject({
        error: {
          code: 'BUSY_TRY_AGAIN',
          message: 'This server holds as many workspaces as it can. Try again later.',
        },
      });
      // Those that there are go on.
      await attend(server, owner);
      await owner.client.must('destroy', owner.proof);
      expect((await create()).ok).toBe(true);
      expect((await create()).ok).toBe(false);
    },
  );
});

describe('names and avatars', () => {
  it('that are too long are refused, and the field is named', async () => {
    const server = await startServer({ MAX_NAME_LENGTH: '10', MAX_AVATAR_LENGTH: '20' });
    const owner = await createWorkspace(server);
    const client = await server.connect();
    const long = { name: 'n'.repeat(11), avatar: 'a'.repeat(21) };
    for (const member of ['name', 'avatar'] as const) {
      const text = { [member]: long[member] };
      const token = { token: owner.token };
      for (const [command, payload, path] of [
        ['create', { workspace: text, attendee: {} }, `workspace.${member}`],
        ['create', { workspace: {}, attendee: text }, `attendee.${member}`],
        ['attend', { workspace: token, attendee: text }, `attendee.${member}`],
        ['re-attend', { ...owner.proof, attendee: { id: owner.id, ...text } }, `attendee.${member}`],
      ] as [CommandName, object, string][]) {
        expect(await client.askRaw(command, payload)).toMatchObject({
          error: { code: 'INVALID_PAYLOAD', field: path, message: expect.stringContaining('too long') },
        });
      }
    }
    const exact = { name: ` ${'n'.repeat(10)}\u0007\n`, avatar: 'a'.repeat(20) };
    const { attendee } = await client.must('create', { workspace: exact, attendee: exact });
    expect(attendee).toMatchObject({ name: 'n'.repeat(10), avatar: 'a'.repeat(20) });
  });

  it('lose what could be markup or invisible control, and nothing else', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    for (const [given, kept] of [
      ["O'Brien", "O'Brien"],
      ['Zoë', 'Zoë'],
      ['李', '李'],
      ['Zoe\u0308', 'Zoe\u0308'],
      ['👩‍👩‍👧', '👩‍👩‍👧'],
      ['  Ada  Lovelace ', 'Ada  Lovelace'],
      ['A & "B"; `C` $1 %s', 'A & "B"; `C` $1 %s'],
      ['<img src=x onerror=alert(1)>', 'img src=x onerror=alert(1)'],
      ['<<b>>Bob', 'bBob'],
      ['B\u0000o\u0007b\u001b[31m\u007f\u0085', 'Bob[31m'],
      ['line\nbreak\ttab', 'linebreaktab'],
      ['nm\u202eabc\u2066d\u2028', 'nmabcd'],
      ['علی\u200cرضا', 'علی\u200cرضا'],
      ['<>', 'Anonymous'],
      [' \u0000 ', 'Anonymous'],
      ['', 'Anonymous'],
    ] as const) {
      const client = await server.connect();
      const { attendee, attendees, accessToken } = await client.must('attend', {
        workspace: { token: owner.token },
        attendee: { name: given, avatar: given },
      });
      expect(attendee.name, given).toBe(kept);
      expect(attendee.avatar, given).toBe(kept === 'Anonymous' ? '' : kept);
      expect(attendees[attendee.id]).toEqual(attendee);
      expect(await owner.client.notice('attend')).toEqual(attendee);
      await client.must('leave', { workspace: { id: owner.workspaceId }, attendee: { id: attendee.id }, accessToken });
    }
  });
});

describe('connections without a seat', () => {
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  counting.each([
    ['4', socketIo4],
    ['2', socketIo2],
  ])('of one address are bounded, and not those with one (Socket.IO %s)', async (_, generation) => {
    const server = await startServer({ SEATLESS_CONNECTIONS_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' });
    const here = { ...from('203.0.113.1'), generation };
    const one = await server.connect(here);
    const two = await server.connect(here);
    await expect(server.connect(here)).rejects.toThrow();
    await server.connect({ ...from('203.0.113.2'), generation });

    const owner = await createWorkspace(server, { client: one });
    const three = await server.connect(here);
    await expect(server.connect(here)).rejects.toThrow();
    await attend(server, owner, { client: three });
    two.close();
    await vi.waitFor(() => server.connect(here), { timeout: 5000 });
  });

  counting('are counted again when their last seat has ended', async () => {
    const server = await startServer({ SEATLESS_CONNECTIONS_PER_ADDRESS: '2' });
    const client = await server.connect();
    const owner = await createWorkspace(server, { client });
    const also = await createWorkspace(server, { client });
    await server.connect();
    await client.must('destroy', owner.proof);
    const third = await server.connect();
    await expect(server.connect()).rejects.toThrow();

    await client.must('destroy', also.proof);
    third.close();
    await third.notice('(disconnected)');
    await client.settled();
    await expect(server.connect()).rejects.toThrow();
    await createWorkspace(server, { client });
    const fourth = await vi.waitFor(() => server.connect(), { timeout: 5000 });
    await expect(server.connect()).rejects.toThrow();

    // The server counts a client no more once it has gone, seated or not.
    client.close();
    fourth.close();
    await vi.waitFor(() => server.connect(), { timeout: 5000 });
    await expect(server.connect()).rejects.toThrow();
  });

  it('are closed when they send no command for too long', async () => {
    const server = await startServer({ FIRST_COMMAND_SECONDS: '1' });
    const [busy, silent, legacy] = [
      await server.connect(),
      await server.connect(),
      await server.connect({ generation: socketIo2 }),
    ];
    await busy.settled();
    await silent.notice('(disconnected)');
    await legacy.notice('(disconnected)');
    expect(busy.socket.connected).toBe(true);
    await createWorkspace(server, { client: busy });
  });

  it('are closed when they never get as far as Socket.IO', async () => {
    const server = await startServer({ FIRST_COMMAND_SECONDS: '1' });
    const polling = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1)) as { sid: string };
    await (await fetch(`${polling}&sid=${sid}`)).text();
    await vi.waitFor(async () => expect((await fetch(`${polling}&sid=${sid}`)).status).toBe(400), {
      timeout: 5000,
    });
  });
});

describe('an ack', () => {
  it('is answered exactly once, whatever the command and its payload', async () => {
    const server = await startServer(unhurried);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const engine = engineOf(bob.client);
    const answers = new Map<number, number>();
    engine.on('data', (data) => {
      const id = /^3(\d+)\[/.exec(String(data))?.[1];
      if (id !== undefined) answers.set(Number(id), (answers.get(Number(id)) ?? 0) + 1);
    });
    let id = 100_000;
    const ask = (event: unknown[]) => {
      engine.write(`2${id}${JSON.stringify(event)}`);
      id += 1;
    };
    // The owner's commands too, from the connection of somebody else: its token is what counts.
    for (const [command, { payload }] of Object.entries(examples(owner, bob))) {
      ask([command, payload]);
      ask([command]);
      ask([command, payload, payload]);
      ask([command, null]);
      ask([command, 'x'.repeat(70_000)]);
    }
    ask(['no-such-command', {}]);
    ask([5]);
    ask([5, {}]);
    engine.write(`2${id}`);
    id += 1;
    await vi.waitFor(() => expect(answers.size).toBe(id - 100_000), { timeout: 5000 });
    await bob.client.settled();
    expect([...answers.entries()].filter(([each, times]) => each >= 100_000 && times !== 1)).toEqual([]);
  });

  it('is answered to each of two questions that share a number', async () => {
    const server = await startServer();
    const client = await server.connect();
    const engine = engineOf(client);
    let answers = 0;
    engine.on('data', (data) => {
      if (String(data).startsWith('3777[')) answers += 1;
    });
    engine.write('2777["iceservers",{}]');
    engine.write('2777["iceservers",{}]');
    await client.settled();
    expect(answers).toBe(2);
  });
});

describe('garbage', () => {
  const packets = [
    ...['', '0', '1', '2', '20', '3', '30', '4', '5', '6', '7', '9', 'x', '-', ' ', '\u0000', '💥'],
    ...['2[]', '2[5]', '20[5]', '2[null]', '2[{}]', '2[[]]', '2{}', '2"x"', '2null', '2[', '2["create"', '2["create",'],
    ...['20[]', '20', '2999999999999999999999["create",{}]', '2-1["create",{}]', '21e3["create",{}]'],
    ...['2["error"]', '2["error",{}]', '2["disconnect"]', '2["disconnecting"]', '2["connect"]', '2["newListener"]'],
    ...['2["message"]', '2["__proto__",{}]', '2["constructor"]', '20["toString",{}]', '2["",{}]'],
    ...['2/admin,["create",{}]', '2/,["create",{}]', '0/admin,', '0/admin,{"token":1}', '1/admin,', '4/admin,{}'],
    ...['3[]', '30[]', '30["x"]', '3999[{}]', '4"error"', '4{"message":"x"}', '0{"sid":"x"}', '0[]', '0null'],
    ...['51-["create",{"_placeholder":true,"num":0}]', '51-', '50-["x"]', '5-["x"]', '5999-["x"]', '51-["x"]2'],
    ...['61-[]', '61-1[{"_placeholder":true,"num":5}]', '51-["create",{"_placeholder":true,"num":9}]'],
    `2["create",${'['.repeat(30_000)}${']'.repeat(30_000)}]`,
    `51-["create",${'['.repeat(30_000)}${']'.repeat(30_000)}]`,
    '2["create",{"workspace":{"__proto__":{"name":"x"}},"attendee":{"constructor":{"prototype":{}}}}]',
  ];

  async function stillServes(server: TestServer, owner: Owner): Promise<void> {
    await owner.client.must('attendees', owner.proof);
    const newcomer = await createWorkspace(server);
    newcomer.client.close();
  }

  async function hurl(server: TestServer, generation: Generation, what: (engine: Engine) => void): Promise<void> {
    const client = await server.connect({ generation });
    what(engineOf(client));
    client.send('iceservers', {});
    await Promise.race([client.notice('iceservers'), client.notice('(disconnected)')]).catch(() => {});
    client.close();
  }

  it.each([
    ['4', socketIo4],
    ['2', socketIo2],
  ])('inside of Socket.IO %s does not end the server', async (_, generation) => {
    const crashed = crashes();
    const server = await startServer();
    const owner = await createWorkspace(server);
    await Promise.all(
      packets.map((packet) =>
        hurl(server, generation, (engine) => {
          engine.write(packet);
          if (packet.startsWith('5') || packet.startsWith('6')) engine.write(Buffer.from('bytes'));
        }),
      ),
    );
    await hurl(server, generation, (engine) => engine.write(Buffer.from('bytes that were not announced')));
    await stillServes(server, owner);
    expect(crashed).toEqual([]);
  });

  it.each([
    ['4', socketIo4],
    ['2', socketIo2],
  ])('in the frames of the WebSocket of Socket.IO %s does not end the server', async (_, generation) => {
    const crashed = crashes();
    const server = await startServer();
    const owner = await createWorkspace(server);
    const frames = [
      '',
      '0',
      '1',
      '2',
      '2probe',
      '3',
      '3probe',
      '4',
      '40',
      '41',
      '42',
      '420',
      '5',
      '6',
      '7',
      '9',
      'b',
      'bAA',
    ];
    await Promise.all(
      [...frames, Buffer.alloc(0), Buffer.from([0]), Buffer.from([4]), Buffer.from([255, 255, 255, 255])].map((frame) =>
        hurl(server, generation, (engine) => engine.transport.ws.send(frame)),
      ),
    );
    await stillServes(server, owner);
    expect(crashed).toEqual([]);
  });

  it('that looks much like the real thing does not end the server', async () => {
    const crashed = crashes();
    const server = await startServer(unhurried);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    let state = 42;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % below;
    };
    const alphabet = '0123456789[]{}",:-/\\_ab\u0000é';
    const originals = Object.entries(examples(owner, bob))
      .filter(([command]) => command !== 'destroy' && command !== 'kick')
      .map(([command, { payload }]) => `21${JSON.stringify([command, payload])}`);
    const mutated = (text: string) => {
      let result = text;
      for (let edits = 1 + random(3); edits > 0; edits -= 1) {
        const at = random(result.length);
        const piece = alphabet.charAt(random(alphabet.length));
        result = result.slice(0, at) + (random(3) === 0 ? '' : piece) + result.slice(at + random(2));
      }
      return result;
    };
    const everybody = Array.from({ length: 100 }, () =>
      hurl(server, socketIo4, (engine) => {
        for (let n = 0; n < 20; n += 1) engine.write(mutated(originals[random(originals.length)] ?? ''));
      }),
    );
    await Promise.all(everybody);
    // A payload that its mutation left valid has taken the owner's seat over.
    await stillServes(server, { ...owner, ...(await reattend(server, owner)) });
    expect(crashed).toEqual([]);
  });

  it('over HTTP as the session of a name that every object has mixes nobody up', async () => {
    const server = await startServer();
    for (const sid of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
        method: 'POST',
        body: '2',
      });
      expect(response.status).toBe(400);
    }
    const pairs = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const owner = await createWorkspace(server);
        return { owner, bob: await attend(server, owner) };
      }),
    );
    for (const { owner, bob } of pairs) {
      const relay = { attendee: { id: bob.id }, broadcaster: { id: owner.id } };
      await owner.client.must('icecandidate', { ...owner.proof, ...relay, candidate: { ...candidate, tag: owner.id } });
    }
    for (const { owner, bob } of pairs) {
      expect(await bob.client.notice('icecandidate')).toMatchObject({ candidate: { tag: owner.id } });
      await bob.client.settled();
      expect(bob.client.heard.filter((notice) => notice === 'icecandidate')).toEqual([]);
    }
  });

  it('over HTTP does not end the server', async () => {
    const crashed = crashes();
    const server = await startServer();
    const owner = await createWorkspace(server);
    const path = `${server.url}/socket.io/`;
    for (const query of [
      '',
      '?EIO=9&transport=polling',
      '?EIO=4',
      '?EIO=4&EIO=3&transport=polling&transport=websocket',
      '?EIO=4&transport=constructor',
      '?EIO=4&transport=__proto__',
      '?EIO=4&transport=websocket',
      '?EIO=4&transport=polling&sid=__proto__',
      '?EIO=4&transport=polling&sid=constructor',
      '?EIO=4&transport=polling&sid=a&sid=b',
      '?EIO=4&transport=polling&sid[]=x',
      '?EIO=3&transport=polling&j=__proto__',
      '?EIO=3&transport=polling&j=%3Cscript%3E',
      '?EIO=3&transport=polling&b64=1',
      '?%',
    ]) {
      await (await fetch(path + query)).text();
      await (await fetch(path + query, { method: 'POST', body: '40' })).text();
      await (await fetch(path + query, { method: 'OPTIONS' })).text();
    }
    for (const [version, body] of [
      ...['', '4', '\u001e', '40\u001e\u001e42', '42', '42[5]', '420', 'b', 'b!!!!', 'bAAAA', '{}'].map((each) => [
        4,
        each,
      ]),
      ...['', '-1:4', '1:', '3:42', '99999999999:42', '2:40', '2:42', '5:42[5]', ':', '1:41:4'].map((each) => [
        3,
        each,
      ]),
      ...[[0], [1, 255], [0, 2, 255, 52, 48], [1, 9, 9, 9, 9, 255, 4], [255, 255, 255]].map((each) => [
        3,
        Buffer.from(each),
      ]),
    ] as [number, string | Buffer][]) {
      const polling = `${path}?EIO=${version}&transport=polling&b64=1`;
      const opened = await (await fetch(polling)).text();
      const sid = /"sid":"([^"]+)"/.exec(opened)?.[1];
      expect(sid).toBeDefined();
      const headers = typeof body === 'string' ? {} : { 'content-type': 'application/octet-stream' };
      if (version === 4) await (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: '40' })).text();
      const sent = typeof body === 'string' ? body : new Uint8Array(body);
      await (await fetch(`${polling}&sid=${sid}`, { method: 'POST', headers, body: sent })).text();
      await stillServes(server, owner);
    }
    const { hostname, port } = new URL(server.url);
    for (const request of [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      'GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n',
      'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab',
      '\u0016\u0003\u0001',
    ]) {
      const socket = connectTcp(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.end(request);
      socket.resume();
      socket.setTimeout(200, () => socket.destroy());
      await once(socket, 'close');
    }
    await stillServes(server, owner);
    expect(crashed).toEqual([]);
  });
});
