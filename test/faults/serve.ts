import { readFileSync } from 'node:fs';
import { type BuiltServer, emptyFolder, run } from '../support/built-server.ts';
import { Client, type Reachable } from '../support/fixtures.ts';

/** The built server, listening. */
export interface ListeningServer extends BuiltServer, Reachable {
  url: string;
}

/** Starts the built server. @param env variables beside those of the tests */
export async function serve(env: Record<string, string> = {}, { probe = false } = {}): Promise<ListeningServer> {
  const server = run(await emptyFolder(), { env: { PORT: '0', BCRYPT_COST: '4', ...env }, probe });
  const url = (await server.listening()).replace('localhost', '127.0.0.1');
  return { ...server, url, connect: (options) => Client.connect(url, options) };
}

/** The resident memory of a process, in MB. */
export function residentMb({ pid }: BuiltServer): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
