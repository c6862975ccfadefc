import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { attend, candidate, createWorkspace, generations, type Seat } from '../support/fixtures.ts';
import { type ListeningServer, residentMb, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';
import { startTcpProxy } from './tcp-proxy.ts';

const settings = {
  COMMANDS_PER_SECOND: '1000000',
  SEAT_GRACE_SECONDS: '3600',
  MAX_CAPACITY_OF_WORKSPACE: '10',
  // Back-pressure alone ends connections here, not the heartbeat.
  HEARTBEAT_SECONDS: '60',
};

/** Answers of 2 kB to short questions, so that it takes few of them until TCP takes no more. */
const wordy = {
  ...settings,
  STUN_URLS: Array.from({ length: 50 }, (_, n) => `stun:stun-${n}.example.com:3478`).join(),
};

/** The memory by which a server may grow while clients that do not read are sent far more than this. */
const MOST_GROWTH_MB = 100;

const saysWhy = 'closing a connection that does not read';

const description = (text: string) => ({ type: 'offer', data: { type: 'offer', sdp: text } }) as const;

/** Relays so many MB from one seat to another. @returns the server's largest memory meanwhile, in MB */
async function flood(server: ListeningServer, from: Seat, to: Seat, megabytes: number): Promise<number> {
  const message = description('a='.repeat(30_000));
  let most = 0;
  for (let sent = 0; sent < megabytes * 1e6; sent += 10 * 60_000) {
    const asked = Array.from({ length: 10 }, () => from.client.ask('negotiation', { ...from.to(to), message }));
    expect(await Promise.all(asked)).toEqual(asked.map(() => ({ ok: true })));
    most = Math.max(most, residentMb(server));
  }
  return most;
}

/** A guest with each generation of client, each through a proxy of its own. */
async function people(server: ListeningServer) {
  const owner = await createWorkspace(server);
  const all = generations.map(async (generation) => {
    const proxy = await startTcpProxy(server.url);
    const client = await proxy.connect({ generation });
    return { generation, proxy, client, seat: await attend(server, owner, { client }) };
  });
  return { owner, guests: await Promise.all(all) };
}

describe('Whoever a neighbour sends more than it reads', () => {
  it('loses the connection and not the seat, and costs the server no memory and the neighbour nothing', {
    timeout: patience(5),
  }, async () => {
    const server = await serve(settings);
    const { owner, guests } = await people(server);
    const reader = await attend(server, owner);
    await flood(server, owner, reader, 10);
    const before = residentMb(server);
    let most = before;
    for (const { proxy, client, seat, generation } of guests) {
      proxy.stall('down');
      most = Math.max(most, await flood(server, owner, seat, atSoak(12, 250)));
      await owner.client.notice('presence', ({ attendee, connected }) => attendee.id === seat.id && !connected);

      const said = server.output.stdout.slice(server.output.stdout.lastIndexOf(saysWhy));
      expect(said).toContain(seat.id);
      expect(said).not.toContain('127.0.0.1');
      proxy.resume();
      await client.notice('(disconnected)');
      const again = await proxy.connect({ generation });
      await again.must('re-attend', seat.proof);
      await owner.client.must('icecandidate', { ...owner.to(seat), candidate });
      await again.notice('icecandidate');
    }
    expect(reader.client.socket.connected).toBe(true);
    expect(most - before).toBeLessThan(MOST_GROWTH_MB);
    figure(`250 MB to each of four who don't read: memory grew by ${Math.round(most - before)} MB`);
  });

  it('misses nothing when it reads again before it is too much', async () => {
    const server = await serve(settings);
    const { owner, guests } = await people(server);
    const count = 500;
    for (const { proxy } of guests) proxy.stall('down');
    for (let n = 0; n < count; n += 1) {
      const message = description(`${n} ${'a='.repeat(500)}`);
      const sent = guests.map(({ seat }) => owner.client.must('negotiation', { ...owner.to(seat), message }));
      await Promise.all(sent);
    }
    for (const { proxy, client } of guests) {
      proxy.resume();
      for (let n = 0; n < count; n += 1) {
        const { message } = await client.notice('negotiation');
        expect(message.data.sdp).toMatch(new RegExp(`^${n} `));
      }
      expect(client.socket.connected).toBe(true);
    }
    expect(owner.client.heard).not.toContain('presence');
  });
});

/** A WebSocket that reads nothing after its handshakes: Engine.IO's, or, to be upgraded to, none. */
async function deafWebSocket(server: ListeningServer, version: number, sid?: string): Promise<WebSocket> {
  const url = new URL(`/socket.io/?EIO=${version}&transport=websocket${sid ? `&sid=${sid}` : ''}`, server.url);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  await once(socket, sid ? 'open' : 'message');
  // Socket.IO's handshake is the server's of its own accord in the older version, and asked for in the newer one.
  if (version === 4 && !sid) {
    socket.send('40');
    await once(socket, 'message');
  }
  socket.pause();
  return socket;
}

/** Sends until it is closed, or has sent so much. */
async function pour(socket: WebSocket, count: number, send: (n: number, sent: () => void) => void): Promise<void> {
  for (let n = 0; n < count && socket.readyState === WebSocket.OPEN; n += 1) {
    if (n % 1000 > 0) send(n, () => {});
    else await new Promise<void>((resolve) => send(n, resolve));
  }
}

describe.each([4, 3])('Whoever asks without end and never reads the answers, with Engine.IO %i', (version) => {
  it('is closed over WebSocket, and told why when it reads again', async () => {
    const server = await serve(wordy);
    const socket = await deafWebSocket(server, version);
    const closed = once(socket, 'close');
    let isSaid = false;
    const poured = pour(socket, 30_000, (n, sent) => {
      if (isSaid) sent();
      else socket.send(`42${n}["iceservers",{}]`, sent);
    });
    await vi.waitFor(() => expect(server.output.stdout).toContain(saysWhy), { timeout: 30_000, interval: 10 });
    isSaid = true;
    socket.resume();
    await poured;
    expect((await closed).map(String)).toEqual(['1008', 'What was sent was not read.']);
  });

  it('is closed over polling, when it does not poll', async () => {
    const server = await serve(wordy);
    const url = `${server.url}/socket.io/?EIO=${version}&transport=polling`;
    const opened = await (await fetch(url)).text();
    const session = `${url}&sid=${/"sid":"([^"]+)"/.exec(opened)?.[1]}`;
    const post = async (packets: string[]) => {
      const body = version === 4 ? packets.join('\x1e') : packets.map((each) => `${each.length}:${each}`).join('');
      return (await fetch(session, { method: 'POST', body })).status;
    };
    if (version === 4) expect(await post(['40'])).toBe(200);
    const questions = Array.from({ length: 100 }, (_, n) => `42${n}["iceservers",{}]`);
    let posts = 0;
    while (posts < 50 && (await post(questions)) === 200) posts += 1;
    expect(posts).toBeGreaterThan(1);
    expect(posts).toBeLessThan(20);
    await vi.waitFor(() => expect(server.output.stdout).toContain(saysWhy));
  });
});

describe('A WebSocket that reads nothing', () => {
  it('gets the answer to its newest ping, and a million others cost no memory', { timeout: patience(5) }, async () => {
    const server = await serve(settings);
    const socket = await deafWebSocket(server, 4);
    const ping = (n: number, sent: () => void) => socket.ping(String(n).padStart(125), true, sent);
    await pour(socket, 40_000, ping);
    const before = residentMb(server);
    const last = atSoak(100_000, 1_000_000) - 1;
    await pour(socket, last + 1, ping);
    const growth = residentMb(server) - before;
    expect(growth).toBeLessThan(25);
    figure(`a million pings of who doesn't read: memory grew by ${Math.round(growth)} MB`);
    const answered = new Promise((resolve) => {
      socket.on('pong', (data) => String(data).trim() === String(last) && resolve(true));
    });
    socket.resume();
    await answered;
  });

  it('is closed when it probes again and again whether it can be upgraded to', async () => {
    const server = await serve(settings);
    const opened = await (await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)).text();
    const socket = await deafWebSocket(server, 4, /"sid":"([^"]+)"/.exec(opened)?.[1]);
    const closed = once(socket, 'close');
    for (let n = 0; n < 2; n += 1) socket.send('2probe');
    const asked = Date.now();
    socket.resume();
    await closed;
    // Sooner than an upgrade that is never finished is given up.
    expect(Date.now() - asked).toBeLessThan(8000);
  });
});
