import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { io as connectV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import { describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { emptyFolder, production, refusal, run, secrets } from './support/built-server.ts';
import { certificates, selfSigned, servedFingerprint } from './support/certificates.ts';
import { Client, candidate, generations } from './support/fixtures.ts';
import { storedIn } from './support/stored.ts';

/** Whether anybody accepts connections there. */
async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 2_000 });
  const result = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    once(socket, 'timeout').then(
      () => false,
      () => false,
    ),
  ]);
  socket.destroy();
  return result;
}

const port = (url: string) => Number(new URL(url).port);

describe('The program', () => {
  it.each(['--help', '-h'])('explains itself with %s', async (flag) => {
    const server = run(await emptyFolder(), { args: [flag] });
    expect(await server.ended).toEqual({ code: 0, signal: null });
    for (const option of ['Usage:', '--port', '--host', '--help', '--version', 'README.md']) {
      expect(server.output.stdout).toContain(option);
    }
    expect(server.output.stderr).toBe('');
  });

  it.each(['--version', '-v'])('says its version with %s', async (flag) => {
    const server = run(await emptyFolder(), { args: [flag] });
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.output.stdout).toBe(`${packageJson.version}\n`);
  });

  it.each([['--nonsense'], ['-x'], ['start'], ['--port'], ['--help=yes']])(
    'refuses %s with a sentence',
    async (flag) => {
      const server = run(await emptyFolder(), { args: [flag] });
      expect(await server.ended).toEqual({ code: 1, signal: null });
      expect(server.output.stderr).toContain(flag.replace(/=.*/, ''));
      expect(server.output.stderr).toMatch(/\nTry --help\.\n$/);
      expect(server.output.stderr).not.toMatch(/^\s+at /m);
    },
  );

  it.each([
    ['--help', 0],
    ['--version', 0],
    ['--nonsense', 1],
  ])('answers %s before it loads any package, and so at once', async (flag, code) => {
    const folder = await emptyFolder();
    for (const part of ['package.json', 'dist/src']) {
      await cp(new URL(`../${part}`, import.meta.url), join(folder, part), { recursive: true });
    }
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'dist/src/main.js'), flag], {
      encoding: 'utf8',
    });
    expect(stderr).not.toContain('ERR_MODULE_NOT_FOUND');
    expect(status).toBe(code);
  });

  it('refuses a port that is none with a sentence', async () => {
    expect(await refusal(run(await emptyFolder(), { args: ['--port', 'http'] }))).toMatch(/^PORT must be/);
  });
});

describe('The server without any configuration', () => {
  it.each([
    { how: '--port 0', args: ['--port', '0'] },
    { how: 'PORT=0', env: { PORT: '0' } },
    { how: '-p 0, whatever PORT says', args: ['-p', '0'], env: { PORT: '1' } },
  ])('starts with $how, in DEVELOPMENT, for this machine only', async ({ args = [], env = {} }) => {
    const folder = await emptyFolder();
    const server = run(folder, { args, env });
    const url = await server.listening();
    expect(server.output.stdout).toMatch(/DEVELOPMENT/);
    expect(server.output.stdout).toMatch(/in memory: a restart forgets them/);
    expect(server.output.stderr).toBe('');
    expect(await readdir(folder)).toEqual([]);
    expect(await accepts('127.0.0.1', port(url))).toBe(true);
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid)
      .map(({ address }) => address);
    // All of 127.0.0.0/8 is this machine on Linux: a server on every address would be there too.
    if (process.platform === 'linux') elsewhere.push('127.0.0.2');
    for (const address of elsewhere) expect(await accepts(address, port(url)), address).toBe(false);
    const client = await Client.connect(url);
    expect(await client.must('create', { workspace: {}, attendee: {} })).toMatchObject({ ok: true });
  });

  it('listens where --host says', async () => {
    const url = await run(await emptyFolder(), { args: ['--port', '0', '--host', '0.0.0.0'] }).listening();
    expect(await accepts('127.0.0.1', port(url))).toBe(true);
  });

  it('reads .env where it runs, and the environment wins over it', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, '.env'), 'PORT=0\nMAX_CAPACITY_OF_WORKSPACE=many\n');
    expect(await refusal(run(folder))).toMatch(/MAX_CAPACITY_OF_WORKSPACE.*'many'/);
    await run(folder, { env: { MAX_CAPACITY_OF_WORKSPACE: '3' } }).listening();
  });
});

describe('The server refuses to start with one sentence', () => {
  it('without secrets where it would serve others', async () => {
    const server = run(await emptyFolder(), { env: { DEVELOPMENT: 'false', PORT: '0' } });
    expect(await refusal(server)).toMatch(/^MAGICK_TOKEN is missing\./);
    expect(server.output.stdout).toBe('');
  });

  it('when its .env is in UTF-16, as PowerShell 5 writes it', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, '.env'), '\uFEFFDEVELOPMENT=false\r\n', 'utf16le');
    expect(await refusal(run(folder, { env: { PORT: '0' } }))).toMatch(/\.env is in UTF-16\. Save it as UTF-8/);
  });

  it('when its .env is for other users', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, '.env'), 'DEVELOPMENT=false\n', { mode: 0o000 });
    await chmod(folder, 0o755);
    // Root may read everything.
    const within = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--clear-groups'] : [];
    const sentence = await refusal(run(folder, { env: { PORT: '0' }, within }));
    expect(sentence).toMatch(/\.env may not be read by the user that runs the server/);
  });

  it('when something listens on its port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      taken.close();
    });
    await once(taken, 'listening');
    const address = taken.address();
    const number = typeof address === 'object' && address !== null ? address.port : 0;
    const sentence = await refusal(run(await emptyFolder(), { args: ['--port', String(number)] }));
    expect(sentence).toContain(`Something listens on port ${number} of 127.0.0.1 already`);
    expect(taken.listening).toBe(true);
  });

  it('when there is no such address', async () => {
    // TEST-NET-1 of RFC 5737: nobody's.
    const sentence = await refusal(run(await emptyFolder(), { args: ['--port', '0', '--host', '192.0.2.1'] }));
    expect(sentence).toMatch(/192\.0\.2\.1.*Check HOST and PORT/);
  });

  it('when its JSON file is corrupt, which it keeps aside', async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'rooms.json');
    await writeFile(file, '{"version":1,"workspaces":{');
    const env = { PORT: '0', JSON_STORAGE_FILE: file };
    expect(await refusal(run(folder, { env }))).toMatch(/rooms\.json is corrupt.*kept as/);
    const [kept = ''] = (await readdir(folder)).filter((name) => name.startsWith('rooms.json.corrupt-'));
    expect(await readFile(join(folder, kept), 'utf8')).toBe('{"version":1,"workspaces":{');
    // A supervisor starts it again, and it must not begin empty.
    expect(await refusal(run(folder, { env }))).toContain(kept);
  });

  it("when its JSON file is somebody else's, which it leaves as it is", async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'package.json');
    await writeFile(file, '{"name":"somebody-else","version":"1.0.0"}');
    const sentence = await refusal(run(folder, { env: { PORT: '0', JSON_STORAGE_FILE: file } }));
    expect(sentence).toMatch(/package\.json is no JSON store of this server .* left as it is/);
    expect(await readFile(file, 'utf8')).toBe('{"name":"somebody-else","version":"1.0.0"}');
    expect((await readdir(folder)).sort()).toEqual(['package.json', 'package.json.lock']);
  });

  it('when there are no locks for its platform, but not where it needs none', async () => {
    const folder = await emptyFolder();
    // The addon is looked for by the name of the processor. bcrypt, which is built alike, is told the true one.
    const elsewhere = `--import=data:text/javascript,Object.defineProperty(process,'arch',{value:'pdp11'})`;
    const env = { PORT: '0', NODE_OPTIONS: elsewhere, npm_config_arch: process.arch };
    const sentence = await refusal(run(folder, { env: { ...env, JSON_STORAGE_FILE: join(folder, 'rooms.json') } }));
    expect(sentence).toMatch(/^A JSON store needs locks .* pdp11.* Leave json_storage_file empty/);
    expect(await readdir(folder)).toEqual([]);
    await run(folder, { env: { ...env, USERS: '' } }).listening();
  });

  it('when there is no SQLite for its platform, but not where it needs none', async () => {
    const folder = await emptyFolder();
    const elsewhere = `--import=data:text/javascript,Object.defineProperty(process,'arch',{value:'pdp11'})`;
    const env = { PORT: '0', NODE_OPTIONS: elsewhere, npm_config_arch: process.arch };
    const sentence = await refusal(run(folder, { env: { ...env, USERS: 'open' } }));
    expect(sentence).toMatch(/^Records need SQLite, .* pdp11.* Set DATABASE_URL to a PostgreSQL, or do without/);
  });

  it('when the secrets beside its JSON file are not readable', async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'rooms.json');
    await writeFile(`${file}.secrets`, '{}');
    const sentence = await refusal(run(folder, { env: { PORT: '0', JSON_STORAGE_FILE: file } }));
    expect(sentence).toContain(`${file}.secrets`);
    expect(await readFile(`${file}.secrets`, 'utf8')).toBe('{}');
  });
});

describe('SIGHUP', () => {
  it('reads the certificate again, and connections stay', async () => {
    const { env, file, root } = await certificates();
    const server = run(await emptyFolder(), { env: { ...env, PORT: '0', DEVELOPMENT: 'true' } });
    const url = await server.listening();
    const socket = connectV4(url, { transports: ['websocket'], ca: root, reconnection: false });
    onTestFinished(() => {
      socket.close();
    });
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
    const before = await servedFingerprint(url);
    const next = await selfSigned();
    await writeFile(file('cert'), next.cert);
    server.kill('SIGHUP');
    await server.printed(/not renewed; the former one stays/);
    expect(await servedFingerprint(url)).toBe(before);
    await writeFile(file('key'), next.key);
    server.kill('SIGHUP');
    await server.printed(/The certificate was renewed/);
    expect(await servedFingerprint(url)).toBe(new X509Certificate(next.cert).fingerprint256);
    const reply = await socket.timeout(10_000).emitWithAck('create', { workspace: {}, attendee: {} });
    expect(reply).toMatchObject({ ok: true });
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('ends no server without a certificate, at no time', async () => {
    const server = run(await emptyFolder(), { env: { PORT: '0' } });
    const url = await server.listening();
    for (let n = 0; n < 3; n += 1) server.kill('SIGHUP');
    await server.printed(/There is no certificate to read again/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    server.kill('SIGTERM');
    server.kill('SIGHUP');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });
});

describe('A stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends with code 0, and clients see a closed transport, after which they connect again by themselves',
    async (signal) => {
      const server = run(await emptyFolder(), { env: { PORT: '0' } });
      const url = await server.listening();
      const clients = await Promise.all(generations.map((generation) => Client.connect(url, { generation })));
      const reasons = clients.map(
        ({ socket }) => new Promise((resolve) => socket.on('disconnect', (reason: string) => resolve(reason))),
      );
      for (const client of clients) await client.askRaw('create', { workspace: {}, attendee: {} });
      server.kill(signal);
      expect(await server.ended).toEqual({ code: 0, signal: null });
      expect(server.output.stderr).toBe('');
      for (const [index, { name, transports }] of generations.entries()) {
        // A polling client that is just between two polls finds nobody there, which is an error of the transport.
        const polling = transports.some((transport) => transport === 'polling');
        const expected = polling ? ['transport close', 'transport error'] : ['transport close'];
        expect(expected, name).toContain(await reasons[index]);
      }
    },
  );

  it.each(generations)('lets $name connect again by itself when the server is back', async (generation) => {
    const folder = await emptyFolder();
    const first = run(folder, { env: { PORT: '0' } });
    const url = await first.listening();
    const options = { transports: [...generation.transports], reconnectionDelay: 20, reconnectionDelayMax: 100 };
    const client = generation.version === 4 ? connectV4(url, options) : connectV2(url, options);
    onTestFinished(() => {
      client.close();
    });
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    const again = new Promise<void>((resolve) => {
      client.once('disconnect', () => client.once('connect', () => resolve()));
    });
    first.kill('SIGTERM');
    await first.ended;
    await run(folder, { env: { PORT: String(port(url)) } }).listening();
    await again;
    expect(client.connected).toBe(true);
  });
});

describe('The log', () => {
  it('never holds a PIN, a hash, a token, an SDP or a candidate, whatever its level; no file but for the hash', async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'rooms.json');
    const settings = { PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'trace', JSON_STORAGE_FILE: file, BCRYPT_COST: '4' };
    const server = run(folder, { env: { ...production, ...settings, CALL_CONTROL: 'participants' } });
    const url = await server.listening();

    const pin = 'PIN-8316-of-the-room';
    const wrongPin = 'PIN-2240-that-is-wrong';
    const sdp = { offer: 'v=0\r\no=the-offer-of-ada', answer: 'v=0\r\no=the-answer-of-bob' };
    const offer = { type: 'offer', sdp: sdp.offer } as const;
    const answer = { type: 'answer', sdp: sdp.answer } as const;
    const call = { id: 'call-1' };
    const [ada, bob, eve] = await Promise.all([Client.connect(url), Client.connect(url), Client.connect(url)]);

    const created = await ada.must('create', { workspace: { name: 'Room', pin }, attendee: { name: 'Ada' } });
    const { token, id } = created.workspace;
    await eve.refused('attend', { workspace: { token, pin: wrongPin }, attendee: {} });
    await eve.refused('attend', { workspace: { token: `${token}x`, pin }, attendee: {} });
    const granted = await bob.must('attend', { workspace: { token, pin }, attendee: { name: 'Bob' } });
    const workspace = { id };
    const fromAda = { workspace, attendee: { id: created.attendee.id }, accessToken: created.accessToken };
    const fromBob = { workspace, attendee: { id: granted.attendee.id }, accessToken: granted.accessToken };
    const toBob = { ...fromAda, attendee: fromBob.attendee, broadcaster: fromAda.attendee };
    const toAda = { ...fromBob, attendee: fromAda.attendee, broadcaster: fromBob.attendee };

    await ada.must('ring', { ...fromAda, callee: fromBob.attendee, offer, call });
    await bob.notice('ring');
    await bob.must('answer', { ...fromBob, caller: fromAda.attendee, answer, call });
    await ada.must('negotiation', { ...toBob, message: { type: 'offer', data: offer } });
    await bob.must('negotiation', { ...toAda, message: { type: 'answer', data: answer } });
    await ada.must('icecandidate', { ...toBob, candidate });
    await bob.notice('icecandidate');
    await bob.must('peer-state', { ...fromBob, peer: fromAda.attendee, state: 'connected', route: 'relay' });
    await bob.must('mic-toggle', { ...fromBob, state: false });
    await ada.must('iceservers', fromAda);
    await bob.must('re-attend', { ...fromBob, attendee: { id: granted.attendee.id } });
    await eve.refused('attendees', { ...fromBob, accessToken: `${granted.accessToken}x` });
    await eve.askRaw('ring', { ...fromAda, offer: { sdp: [sdp.offer] }, pin });
    await eve.askRaw('attend', { workspace: { token, pin: [pin] }, attendee: null });
    eve.send('icecandidate', { ...toBob, candidate: { ...candidate, sdpMid: { token } } });
    await eve.settled();
    const stored = JSON.stringify(await storedIn(file));
    await ada.must('hangup', { ...fromAda, call });
    await bob.must('leave', fromBob);
    const [hash] = /\$2[aby]\$[^"]+/.exec(stored) ?? [];
    await ada.must('destroy', fromAda);
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });

    const { stdout, stderr } = server.output;
    const log = stdout + stderr;
    const lines = log.trimEnd().split('\n');
    const entries = lines.map((line): Record<string, unknown> => JSON.parse(line));
    const logged = entries.flatMap(({ command, msg }) => [command, msg]);
    expect(logged).toEqual(expect.arrayContaining(['create', 'attend', 'ring', 'answer', 'hangup', 'destroy']));
    expect(entries).toContainEqual(expect.objectContaining({ msg: 'peer state', state: 'connected' }));

    expect(hash).toMatch(/^\$2/);
    const signatures = [token, created.accessToken, granted.accessToken].map((jwt) => jwt.split('.').at(-1) ?? '');
    const confidential = [
      ...[pin, wrongPin, ...signatures, ...Object.values(secrets)],
      ...['the-offer-of-ada', 'the-answer-of-bob', candidate.candidate, '192.0.2.1'],
    ];
    for (const text of [...confidential, hash ?? '', '$2b$']) {
      expect(text.length).toBeGreaterThan(3);
      expect(log.includes(text), text).toBe(false);
    }
    expect(stored).toContain(created.attendee.id);
    for (const text of [...confidential, '127.0.0.1']) expect(stored.includes(text), text).toBe(false);
  });
});
