import { defineConfig } from 'vitest/config';

/** Patience is for machines that are busy: tests wait for events, and those come sooner. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/cluster/**', 'test/deploy/**', 'test/faults/**'],
          ...patience,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // The tests of the protocol once more, on servers of three processes: more than the machine has cores already.
        test: {
          name: 'cluster',
          include: ['test/protocol/*.test.ts', 'test/cluster/**/*.test.ts'],
          env: { TEST_SERVER: 'cluster' },
          globalSetup: 'test/cluster/one-redis.ts',
          setupFiles: 'test/cluster/setup.ts',
          fileParallelism: false,
          maxWorkers: 1,
          ...patience,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // They load the machine, and some measure how it answers meanwhile: one file after the other.
        test: {
          name: 'faults',
          include: ['test/faults/*.test.ts', 'test/deploy/*.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          ...patience,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Browsers with cameras need the processor for themselves: one file after the other, and after all others.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          ...patience,
          testTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
