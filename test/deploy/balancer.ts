import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { emptyFolder } from '../support/built-server.ts';
import { freePort } from '../support/free-port.ts';

const recipe = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8');

/** Debian keeps it where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Why no nginx can stand before nodes here, or null. */
export function whyNoBalancer(): string | null {
  if (spawnSync('nginx', ['-v'], { env }).error) return 'nginx is missing; on Debian: apt-get install nginx-light';
  if (process.platform !== 'linux') return 'only Linux lets clients have any address of the loopback';
  return null;
}

/** Changes a part of the recipe that has to be there, as often as there are replacements. */
function replaced(text: string, part: RegExp, ...replacements: string[]): string {
  return replacements.reduce((before, replacement) => {
    const after = before.replace(part, replacement);
    if (after === before) throw new Error(`deploy/nginx.conf has no ${part} to be replaced.`);
    return after;
  }, text);
}

/** Whatever nginx writes, in a folder of the test's. */
const inFolder = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);

/** The settings that an operator may change besides addresses and ports. */
export interface Changes {
  /** false: without the line that keeps an address on one node, so round-robin. */
  sticky?: boolean;
  /** The address of another proxy in front, with the lines that are there for that. */
  proxy?: string;
  /** The content of the two PEM files that the TLS lines name. */
  tls?: { private: string; cert: string };
}

/**
 * nginx with the configuration that operators are given, before other nodes. It does not outlive the test.
 * @param nodes three URLs
 * @returns its URL
 */
export async function startBalancer(
  nodes: readonly string[],
  { sticky = true, proxy, tls }: Changes = {},
): Promise<string> {
  const folder = await emptyFolder();
  const port = await freePort();
  // As many as are in the recipe; those that have been replaced do not match any more.
  const servers = nodes.map((node) => `server  ${new URL(node).host} `);
  let text = replaced(recipe, /server 10\.77\.0\.\d+:9090 /, ...servers);
  if (/server 10\./.test(text)) throw new Error('deploy/nginx.conf has more nodes than the test.');
  text = replaced(text, /listen 80 backlog=4096;/, tls ? '' : `listen 127.0.0.1:${port};`);
  text = replaced(text, /\nhttp \{/, `\nhttp {\n  ${inFolder.join('\n  ')}`);
  if (!sticky) text = replaced(text, /\n +hash [^\n]*/, '');
  if (proxy) {
    text = replaced(text, /# (set_real_ip_from) [^;]*/, `$1 ${proxy}`);
    text = replaced(text, /# (real_ip_)/, '$1', '$1');
  }
  if (tls) {
    text = replaced(text, /# listen 443 /, `listen 127.0.0.1:${port} `);
    text = replaced(text, /# (ssl_certificate\w* +)[^;]*\/(\w+\.pem)/, `$1${folder}/$2`, `$1${folder}/$2`);
    await writeFile(join(folder, 'fullchain.pem'), tls.cert);
    await writeFile(join(folder, 'privkey.pem'), tls.private);
  }
  const file = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'logs'));
  await writeFile(file, text);

  // nginx runs its workers under another user only when root starts it.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const options = ['-p', folder, '-c', file, '-e', 'stderr', '-g', `daemon off; pid ${folder}/pid; ${user}`];
  const nginx = spawn('nginx', options, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(nginx, 'close');
  onTestFinished(async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  await accepting(nginx, port).catch(() => {
    throw new Error(`nginx did not start:\n${log}`);
  });
  return `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
}

async function accepting(nginx: ChildProcess, port: number): Promise<void> {
  while (nginx.exitCode === null) {
    const socket = connect({ host: '127.0.0.1', port });
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    await sleep(20);
  }
  throw new Error('It ended.');
}
