import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program that runs beside the tests. */
export interface Program {
  readonly pid: number;
  /** The text that it has printed so far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves as soon as stdout matches, also with earlier text. Rejects when the program ends before. */
  printed(what: RegExp): Promise<RegExpExecArray>;
}

type Printing = ChildProcess & { stdout: Readable; stderr: Readable };

/** Collects the output of a program from its first byte. */
export function follow(child: Printing): Program {
  const output = { stdout: '', stderr: '' };
  const looks = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of looks) look();
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal }));
  return {
    pid: child.pid ?? 0,
    output,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    printed: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = what.exec(output.stdout);
          if (!found) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
        ended.then(() => reject(new Error(`It ended before it printed ${what}: ${output.stdout}${output.stderr}`)));
      }),
  };
}
