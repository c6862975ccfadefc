import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { it, onTestFinished } from 'vitest';
import { emptyFolder, production, run } from '../support/built-server.ts';

/** More connections than Node lets wait by its own default, 511. */
const PEOPLE = 1500;

const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));

it.skipIf(somaxconn < PEOPLE)(
  'the kernel keeps a herd of connections for a server that is busy, and lets none of them try again later',
  async () => {
    const server = run(await emptyFolder(), { env: { ...production, PORT: '0', HOST: '127.0.0.1' } });
    const { port } = new URL(await server.listening());
    server.kill('SIGSTOP');
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const connected = Array.from({ length: PEOPLE }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      sockets.push(socket);
      return once(socket, 'connect');
    });
    await Promise.all(connected);
    server.kill('SIGCONT');
  },
);
