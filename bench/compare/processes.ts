import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Server and driver have a core each. Helpers share the driver's core unless the caller names another. */
export const SERVER_CORE = '0';
export const DRIVER_CORE = '1';
export const EVERY_CORE = '0,1';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The measures of a process. */
export interface Measured {
  readonly name: string;
  /** The processor time of all its threads so far, user and system, in µs. */
  cpu(): number;
  /** The same of its main thread alone: in Node, the event loop. */
  mainCpu(): number;
  /** Its resident memory, in bytes. */
  resident(): number;
  stop(): Promise<void>;
}

/** A server, as a process of its own. */
export interface ServerProcess extends Measured {
  readonly url: string;
}

export interface Program {
  readonly name: string;
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The running servers. None outlives the bench, however the bench ends. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @param cores the cores that it may use, in the form of taskset */
export async function startServer({ name, program, env }: Program, cores = SERVER_CORE): Promise<ServerProcess> {
  const command = [process.execPath, program];
  const { found, measured } = await startProcess(name, command, /Listening on (http:\/\/[^\s"]+)/, cores, env);
  return { ...measured, url: found.replace('localhost', '127.0.0.1') };
}

/**
 * Starts a program and waits until it prints that it is ready.
 *
 * @param ready the pattern of that line
 * @returns what was found in the first parentheses of that, and what can be measured
 */
export async function startProcess(
  name: string,
  command: readonly string[],
  ready: RegExp,
  cores: string,
  env?: Readonly<Record<string, string>>,
): Promise<{ found: string; measured: Measured }> {
  const child = spawn('taskset', ['-c', cores, ...command], {
    cwd: root,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'close').then(() => running.delete(child));
  const found = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (printed.length < 10_000) printed += text;
      const match = ready.exec(printed);
      if (match) resolve(match[1] ?? '');
    });
    ended.then(() => reject(new Error(`${name} did not start: ${printed}`)));
  });
  // taskset replaces itself with its program, so this pid is the server's own.
  const proc = `/proc/${child.pid}`;
  const cpuOf = (task: string | number | undefined) =>
    Number(readFileSync(`${proc}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  const measured: Measured = {
    name,
    cpu: () => readdirSync(`${proc}/task`).reduce((sum, task) => sum + cpuOf(task), 0),
    mainCpu: () => cpuOf(child.pid),
    resident() {
      return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1]) * 1024;
    },
    async stop() {
      // At once: the bench does not measure how a server says goodbye to its clients.
      child.kill('SIGKILL');
      await ended;
    },
  };
  return { found, measured };
}

/** Runs a program of the benchmark beside this one. */
export function startHelper(file: URL, task: unknown, cores = DRIVER_CORE): ChildProcess {
  return fork(file, [JSON.stringify(task)], {
    execPath: 'taskset',
    execArgv: ['-c', cores, process.execPath, ...process.execArgv],
  });
}

/** The next message of a helper. */
export function heard<Message>(helper: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('A helper of the benchmark has ended too early.'));
    helper.once('exit', onExit);
    helper.once('message', (message) => {
      helper.off('exit', onExit);
      resolve(message as Message);
    });
  });
}
