/** Newcomers, in a process of their own: every 100 ms another one connects and creates a workspace. */
import { Person } from './person.ts';

/** How long each newcomer waited from the first byte to the answer, ms, and how many of them are still waiting. */
export interface Newcomers {
  waits: number[];
  waiting: number[];
  failures: Record<string, number>;
}

const EVERY_MS = 100;

const failures = new Map<string, number>();
const waiting = new Set<number>();
const waits: number[] = [];

async function come(port: number): Promise<void> {
  const begun = performance.now();
  waiting.add(begun);
  const person = new Person(failures, () => {});
  try {
    await person.create({ port, from: '127.0.0.99' });
  } catch (error) {
    const { message } = error as Error;
    failures.set(message, (failures.get(message) ?? 0) + 1);
  }
  waiting.delete(begun);
  waits.push(performance.now() - begun);
  person.drop();
}

let timer: NodeJS.Timeout | undefined;
process.once('disconnect', () => process.exit());
process.on('message', ({ ports }: { ports: readonly number[] | null }) => {
  clearInterval(timer);
  let next = 0;
  if (ports) {
    timer = setInterval(() => {
      next += 1;
      void come(ports[next % ports.length] ?? 0);
    }, EVERY_MS);
  }
  const now = performance.now();
  const newcomers: Newcomers = {
    waits,
    waiting: [...waiting].map((since) => now - since),
    failures: Object.fromEntries(failures),
  };
  process.send?.(newcomers);
});
process.send?.('ready');
