import { onTestFailed } from 'vitest';
import { Random } from '../client/random.ts';

/** Random numbers for a test. When the test fails it prints the seed; SEED=<number> repeats the same choices. */
export function seededRandom(): Random {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  onTestFailed(() => {
    process.stderr.write(`SEED=${seed} repeats the choices of this test\n`);
  });
  return new Random(seed);
}
