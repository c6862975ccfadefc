import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CommandPayload, Reply } from '../../src/protocol/types.ts';
import { type BuiltServer, emptyFolder, production, run } from '../support/built-server.ts';
import { generations } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { ConnectionLost, LightClient } from './light-client.ts';
import { atSoak, figure, patience } from './soak.ts';

const settings = {
  PORT: '0',
  HOST: '127.0.0.1',
  COMMANDS_PER_SECOND: '100000',
  CREATES_PER_MINUTE: '1000000',
  SEAT_GRACE_SECONDS: '3600',
  BCRYPT_COST: '13',
};

const nobody = { workspace: { id: '_nothing' }, attendee: { id: '_nobody' }, accessToken: 'x' };

type Granted = Reply<'create'> & { ok: true };

/** An owner, and the state of its microphone: what was acknowledged, and what was asked for after that, if anything. */
interface Seated {
  granted: Granted;
  mic: boolean[];
}

async function connect(url: string, index: number): Promise<LightClient> {
  const client = await LightClient.connect(url, generations[index % generations.length] ?? generations[0]);
  onTestFinished(() => client.close());
  return client;
}

/** Creates workspaces and changes them, as fast as it is answered, until the connection ends. */
async function keepsChanging(client: LightClient, seated: Seated[], whenSeated: () => void): Promise<void> {
  const workspace = { name: 'Room', avatar: 'a'.repeat(1000) };
  for (;;) {
    const granted = await client.ask('create', { workspace, attendee: {} });
    if (!granted.ok) return;
    const seat: Seated = { granted, mic: [true] };
    seated.push(seat);
    whenSeated();
    for (const state of [false, true, false]) {
      seat.mic.push(state);
      const reply = await client.ask('mic-toggle', { ...proofOf(granted), state });
      if (!reply.ok) return;
      seat.mic.shift();
    }
  }
}

function proofOf({ workspace, attendee, accessToken }: Granted): CommandPayload<'attendees'> {
  return { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
}

/** Whatever ends with the connection is as it should be. */
function untilGone(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => {
    if (!(error instanceof ConnectionLost)) throw error;
  });
}

it.each([
  { load: 'many who write', writers: 24, hashers: 0 },
  { load: 'many who wait for PINs to be hashed', writers: 4, hashers: 50 },
])(
  'A stop under the load of $load is in order and in time, and all that was acknowledged is kept',
  {
    timeout: patience(20),
  },
  async ({ load, writers, hashers }) => {
    const folder = await emptyFolder();
    const env = { ...settings, JSON_STORAGE_FILE: join(folder, 'rooms.json') };
    const seated: Seated[] = [];
    let longest = 0;
    for (let round = 0; round < atSoak(1, 20); round += 1) {
      const server = run(folder, { env });
      const url = await server.listening();
      const clients = await Promise.all(Array.from({ length: writers + hashers }, (_, index) => connect(url, index)));
      const workspace = { name: 'Room', pin: '2468' };
      const waiting = clients.slice(writers).flatMap((client) =>
        // More than could be hashed in time, and each connection has some that have not begun.
        Array.from({ length: 5 }, () => untilGone(client.ask('create', { workspace, attendee: {} }))),
      );
      const enoughSeats = seated.length + 20;
      const enough = new Promise<void>((resolve) => {
        const whenSeated = () => {
          if (seated.length >= enoughSeats) resolve();
        };
        for (const client of clients.slice(0, writers))
          waiting.push(untilGone(keepsChanging(client, seated, whenSeated)));
      });
      await enough;
      const stoppedAt = Date.now();
      server.kill('SIGTERM');
      expect(await server.ended).toEqual({ code: 0, signal: null });
      longest = Math.max(longest, Date.now() - stoppedAt);
      expect(server.output.stderr).toBe('');
      await Promise.all(waiting);
    }
    const again = await connect(await run(folder, { env }).listening(), 0);
    for (const { granted, mic } of seated) {
      const back = await again.ask('re-attend', { ...proofOf(granted), attendee: { id: granted.attendee.id } });
      expect(back).toMatchObject({ ok: true, workspace: { id: granted.workspace.id } });
      if (back.ok) expect(mic).toContain(back.attendee.mic);
    }
    figure(`A stop under the load of ${load} took ${longest} ms at most, and kept all of ${seated.length} workspaces.`);
  },
);

describe('A server whose log has no reader', () => {
  const ways: { how: string; lose: (server: BuiltServer) => void; commands: number }[] = [
    { how: 'is gone', lose: (server) => server.closeOutput(), commands: 100 },
    { how: 'reads nothing', lose: (server) => server.stopReading(), commands: 2500 },
  ];

  it.each(
    ways.flatMap((way) => [
      { ...way, lines: 'for people', env: {} },
      { ...way, lines: 'in JSON', env: production },
    ]),
  )('goes on and can be stopped where that $how, with lines $lines', async ({ lose, commands, env }) => {
    const server = run(await emptyFolder(), { env: { ...settings, ...env, LOG_LEVEL: 'trace' } });
    const url = await server.listening();
    const client = await connect(url, 0);
    lose(server);
    // A line each: more than a pipe holds, where nobody reads it.
    for (let n = 0; n < commands; n += 100) {
      await Promise.all(Array.from({ length: 100 }, () => client.ask('attendees', nobody)));
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const stoppedAt = performance.now();
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  });

  it.runIf(process.platform === 'linux')('goes on and can be stopped where that is a full disk', async () => {
    const port = await freePort();
    const within = ['sh', '-c', 'exec "$@" > /dev/full', 'sh'];
    const server = run(await emptyFolder(), { env: { ...settings, PORT: String(port), LOG_LEVEL: 'trace' }, within });
    const url = `http://127.0.0.1:${port}`;
    await vi.waitFor(() => fetch(url), { timeout: 20_000, interval: 50 });
    const client = await connect(url, 0);
    await client.ask('attendees', nobody);
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.output.stderr).toBe('');
  });
});
