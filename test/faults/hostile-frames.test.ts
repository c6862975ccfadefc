import fc from 'fast-check';
import { expect, it } from 'vitest';
import { examples } from '../protocol/every-command.ts';
import { attend, createWorkspace } from '../support/fixtures.ts';
import { controlGroup } from './control-group.ts';
import { openPolling, openTcp, openWebSocket, type Raw } from './raw-connections.ts';
import { type ListeningServer, residentMb, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';
import { type EngineVersion, type Frame, frame } from './websocket.ts';

// The layers beneath the commands: packets of Socket.IO and Engine.IO, frames of WebSocket, and requests of HTTP.

const fastCheck = { interruptAfterTimeLimit: patience(10) * 0.75, markInterruptAsFailure: true };

/** Cases of one run, which share a connection or a few. */
const TOGETHER = 10;

const version = fc.constantFrom<EngineVersion>(3, 4);

/** Commands that are well-formed, for somebody to begin with. */
async function packets(server: ListeningServer): Promise<string[]> {
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  const events = Object.entries(examples(owner, guest)).map(([name, { payload }]) => JSON.stringify([name, payload]));
  const others = ['40', '40{"token":1}', '41', '43[1]', '431["x"]', '44{"message":"x"}', '0', '1', '2', '3', '5', '6'];
  return [
    ...others,
    ...events.map((event) => `42${event}`),
    ...events.map((event) => `427${event}`),
    ...events.map((event) => `451-${event.slice(0, -2)},"b":{"_placeholder":true,"num":0}}]`),
  ];
}

type Edit = { at: number; remove: number; insert: string };

const piece = fc.oneof(
  fc.constantFrom(...'0123456789[]{}",:-/\\_.e+'),
  fc.constantFrom('/admin,', '/,', '1e400', '-0', 'null', '"__proto__":', '{"_placeholder":true,"num":9}', '999999-'),
  fc.constantFrom('99999999999999999999', '\u001e', '\u0000', '\ud800', '[[[[', '{"a":', 'b', 'probe', '5-'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const edits: fc.Arbitrary<Edit[]> = fc.array(fc.record({ at: fc.nat(2000), remove: fc.nat(6), insert: piece }), {
  maxLength: 4,
});

function edited(text: string, changes: readonly Edit[]): string {
  return changes.reduce((so, { at, remove, insert }) => {
    const place = at % (so.length + 1);
    return so.slice(0, place) + insert + so.slice(place + remove);
  }, text);
}

/** A packet that is nearly right, or none at all. */
const packet = (originals: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...originals), edits).map(([text, how]) => edited(text, how)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
    { weight: 1, arbitrary: fc.nat(99).map((levels) => `42["create",${'['.repeat(levels * 300)}`) },
  );

/** WebSocket frames: valid ones with invalid content, and invalid ones. */
const frames = (text: fc.Arbitrary<string>): fc.Arbitrary<Frame> => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  return fc.oneof(
    { weight: 6, arbitrary: text.map((payload) => ({ payload })) },
    { weight: 2, arbitrary: bytes.map((payload) => ({ payload, opcode: 2 })) },
    { weight: 1, arbitrary: bytes.map((payload) => ({ payload, opcode: 1 })) },
    {
      weight: 1,
      arbitrary: fc.record({
        payload: fc.oneof(text, bytes),
        opcode: fc.nat(15),
        fin: fc.boolean(),
        reserved: fc.nat(7),
        masked: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        payload: bytes,
        opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
        length: fc.constantFrom(0, 1, 125, 126, 65_535, 65_536, 1_048_577, 2 ** 31, 2 ** 53 - 1),
      }),
    },
  );
};

/** Sends a ping and waits for its answer: then all before has been read, or the connection is closed or closing. */
async function isRead(raw: Raw): Promise<void> {
  raw.write(frame({ payload: 'all read', opcode: 9 }));
  await Promise.race([raw.has('all read'), raw.has('\u0088'), new Promise((resolve) => setTimeout(resolve, 100))]);
  raw.end();
}

interface Stage {
  server: ListeningServer;
  /** Asserts that everybody else goes on, and nothing has been complained of. */
  isWell(): Promise<void>;
}

async function stage(): Promise<Stage> {
  const server = await serve({
    CREATES_PER_MINUTE: '1000000',
    COMMANDS_PER_SECOND: '100000',
    LOG_LEVEL: 'info',
    SEAT_GRACE_SECONDS: '1',
  });
  const others = await controlGroup(server);
  const before = residentMb(server);
  return {
    server,
    async isWell() {
      await others.expectUnaffected();
      expect(server.output.stdout).not.toMatch(/\] (ERROR|FATAL)|eyJ[\w-]{15}/);
      expect(residentMb(server) - before).toBeLessThan(atSoak(150, 400));
    },
  };
}

it('Frames of WebSocket and packets of any form end their own connection at most', {
  timeout: patience(10),
}, async () => {
  const { server, isWell } = await stage();
  const text = packet(await packets(server));
  let sent = 0;
  const property = fc.asyncProperty(
    version,
    fc.boolean(),
    fc.array(frames(text), { minLength: 1, maxLength: TOGETHER }),
    async (engine, connects, all) => {
      const raw = await openWebSocket(server.url, engine);
      if (connects && engine === 4) {
        raw.write(frame({ payload: '40' }));
        await raw.has('40{"sid"');
      }
      for (const one of all) raw.write(frame(one));
      sent += all.length;
      await isRead(raw);
    },
  );
  await fc.assert(property, { ...fastCheck, numRuns: atSoak(120, 4000) });
  await isWell();
  figure(`${sent} hostile frames over WebSocket: the server lives`);
});

it('Bodies of polling of any form end their own connection at most', { timeout: patience(10) }, async () => {
  const { server, isWell } = await stage();
  const text = packet(await packets(server));
  let sent = 0;
  const separator = fc.constantFrom('\u001e', '\u001e\u001e', '', ':', '1:');
  const body = fc.oneof(
    fc.tuple(fc.array(text, { maxLength: TOGETHER }), separator).map(([all, by]) => all.join(by)),
    fc.array(text, { maxLength: TOGETHER }).map((all) => all.map((each) => `${each.length}:${each}`).join('')),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
  );
  const type = fc.constantFrom('text/plain;charset=UTF-8', 'application/octet-stream', 'application/json', 'x');
  const property = fc.asyncProperty(version, fc.array(fc.tuple(body, type), { maxLength: 4 }), async (engine, all) => {
    const polling = await openPolling(server.url, engine);
    sent += all.length;
    // All at once, which is one too many of each kind. Whatever their answer, there is one.
    const enough = new AbortController();
    const polls = [1, 2].map(() => polling.poll(enough.signal));
    await Promise.allSettled(all.map(([what, as]) => polling.post(what, as)));
    enough.abort();
    await Promise.allSettled(polls);
  });
  await fc.assert(property, { ...fastCheck, numRuns: atSoak(60, 1500) });
  await isWell();
  figure(`${sent} hostile bodies of polling: the server lives`);
});

it('Requests of any form are answered, or their connection is closed', { timeout: patience(10) }, async () => {
  const { server, isWell } = await stage();
  let sent = 0;
  const value = fc.oneof(
    fc.constantFrom('', '0', '3', '4', '5', 'polling', 'websocket', 'webtransport', '__proto__', 'constructor', '%00'),
    fc.string({ maxLength: 20 }).map(encodeURIComponent),
  );
  const name = fc.constantFrom('EIO', 'transport', 'sid', 't', 'b64', 'upgrade', '__proto__', 'toString', 'EIO[]');
  const query = fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((pairs) => pairs.map(([key, each]) => `${key}=${each}`).join('&'));
  const path = fc.oneof(
    { weight: 3, arbitrary: query.map((each) => `/socket.io/?${each}`) },
    { weight: 1, arbitrary: query.map((each) => `/socket.io/../socket.io/?EIO=4&transport=polling&${each}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('/', '*', '//', '/socket.io', '/%', '/%ff', '/status?%', 'http://x/status'),
    },
    { weight: 1, arbitrary: fc.webPath({ size: 'small' }) },
  );
  const headers = fc.array(
    fc.constantFrom(
      ...[
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Upgrade: h2c',
        'Sec-WebSocket-Version: 13',
        'Expect: 100-continue',
      ],
      ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Extensions: permessage-deflate; x=1'],
      ...[
        'Sec-WebSocket-Protocol: ,,',
        'Origin: null',
        'Origin: http://localhost',
        'Content-Length: 3',
        'Content-Length: -1',
      ],
      ...[
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: identity, chunked',
        'Host: "><script>',
        'Cookie: io=x; io=y',
      ],
      ...[
        'X-Forwarded-For: __proto__',
        'X-Forwarded-Proto: https',
        'Range: bytes=0-,-1',
        'If-None-Match: *',
        'Bad Header: x',
      ],
    ),
    { maxLength: 8 },
  );
  const method = fc.constantFrom('GET', 'GET', 'POST', 'OPTIONS', 'HEAD', 'DELETE', 'TRACE', 'CONNECT', 'XYZ');
  const request = fc.tuple(method, path, headers, fc.constantFrom('', 'abc', '0\r\n\r\n', 'GET /healthz HTTP/1.1\r\n'));
  const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
    await Promise.all(
      requests.map(async ([verb, where, lines, rest]) => {
        const raw = await openTcp(server.url);
        raw.write(`${[`${verb} ${where} HTTP/1.1`, 'Host: localhost', ...lines].join('\r\n')}\r\n\r\n${rest}`);
        sent += 1;
        const answered = raw.has('HTTP/1.1 ');
        await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 200))]);
        raw.end();
        expect(raw.received).not.toMatch(/node_modules|\n {4}at |TypeError|dist\/src/);
      }),
    );
  });
  await fc.assert(property, { ...fastCheck, numRuns: atSoak(60, 1500) });
  await isWell();
  figure(`${sent} hostile requests of HTTP: the server lives`);
});

it('Nothing outside of the page can be asked for, and no request hides in another one', async () => {
  const { server, isWell } = await stage();
  const answer = async (request: string): Promise<string> => {
    const raw = await openTcp(server.url);
    raw.write(request);
    await Promise.race([raw.has('\r\n\r\n'), new Promise((resolve) => setTimeout(resolve, 500))]);
    raw.end();
    return raw.received;
  };
  const up = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '..%255c', '....//', '..;/', '%c0%ae%c0%ae/'];
  for (const step of up) {
    for (const from of ['/', '/assets/', '/client.js/', '//']) {
      for (const file of ['etc/passwd', 'package.json', 'src/main.js', '.env']) {
        const got = await answer(
          `GET ${from}${step.repeat(6)}${file} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        expect(got, from + step + file).toMatch(/^HTTP\/1\.1 40[04] /);
      }
    }
  }
  const smuggled = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
  for (const framing of [
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
    'Content-Length: 4\r\nContent-Length: 5',
    'Content-Length: +4',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding:\u000bchunked',
  ]) {
    const got = await answer(`POST /status HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n0\r\n\r\n${smuggled}`);
    expect(got.match(/HTTP\/1\.1 \d+/g), framing).toEqual(['HTTP/1.1 400']);
  }
  const forwarded = (text: string) =>
    answer(`GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${text}\r\n\r\n`);
  expect(await forwarded('1.2.3.4, '.repeat(10_000))).toMatch(/^HTTP\/1\.1 431 /);
  for (const text of ['1.2.3.4,'.repeat(1500), ', '.repeat(5000), '::ffff:1.2.3.4', 'a b', '%', "'"]) {
    expect(await forwarded(text), text.slice(0, 20)).toMatch(/^HTTP\/1\.1 200 /);
  }
  await isWell();
});
