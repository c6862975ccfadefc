import { onTestFailed } from 'vitest';
import { Random } from '../client/random.ts';

/** Chance for a test that says, when it fails, how to have the same choices again: with SEED=<number>. */
export function chance(): Random {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  onTestFailed(() => {
    process.stderr.write(`Its choices come again with SEED=${seed}\n`);
  });
  return new Random(seed);
}
