import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

/** Secrets as an operator would make them. */
export const secrets = {
  MAGICK_TOKEN: 'Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzB',
  SALT_STRING: 'Hn4wSj9MkX1fLy6AvP3iKe8dQgHtBn2pSj7WuRaC',
};

/** What it takes to serve others. */
export const production = { DEVELOPMENT: 'false', CORS_ORIGINS: 'https://meet.example.com', ...secrets };

/** An empty folder, removed when the test is over. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The built server as a process of its own, which does not outlive the test. */
export interface BuiltServer {
  /** What it has printed so far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ending>;
  /** Where it listens, once it says so. */
  listening(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Runs the built server with this environment and no other.
 * @param folder where it runs
 */
export function run(
  folder: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): BuiltServer {
  if (!existsSync(main))
    throw new Error('The built server, dist/src/main.js, is missing. Build it with: npm run build');
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const printed = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of printed) look();
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    output,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    listening: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const url = /Listening on (https?:\/\/[^\s"]+).*\n/.exec(output.stdout)?.[1];
          if (url !== undefined) resolve(url);
        };
        printed.add(look);
        look();
        ended.then(() => reject(new Error(`It ended before it listened: ${output.stdout}${output.stderr}`)));
      }),
  };
}
