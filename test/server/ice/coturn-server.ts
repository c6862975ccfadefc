import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersStun } from './turn-client.ts';

/** Is coturn on this machine? */
export function hasCoturn(): boolean {
  return spawnSync('turnserver', ['--version']).error === undefined;
}

/** A coturn on the loopback, on a free port, that takes credentials made from the secret. */
export async function startCoturn(secret: string) {
  const folder = await mkdtemp(join(tmpdir(), 'coturn-'));
  const port = await freePort();
  const relay = spawn('turnserver', [
    '-n',
    ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port)],
    ...['--use-auth-secret', '--static-auth-secret', secret, '--realm', 'example.org'],
    ...['--no-tcp', '--no-tls', '--no-dtls', '--no-cli', '--no-rfc5780', '--allow-loopback-peers'],
    ...['--log-file', 'stdout', '--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'db')],
  ]);
  let log = '';
  for (const stream of [relay.stdout, relay.stderr]) {
    stream.on('data', (data) => {
      log += data;
    });
  }
  const exited = once(relay, 'exit');
  const stop = async () => {
    relay.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true });
  };

  // Each question waits for an answer for a fifth of a second: ten seconds in all.
  for (let attempt = 0; attempt < 50 && relay.exitCode === null; attempt += 1) {
    if (await answersStun(port)) return { port, stop };
  }
  await stop();
  throw new Error(`coturn did not start:\n${log}`);
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
