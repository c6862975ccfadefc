import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Patience is for machines that are busy: tests wait for events, and those come sooner. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Tests of the built server as a program: they start it, stop it, and wait for it. */
const program = ['test/cli.test.ts', 'test/deploy/**/*.test.ts', 'test/node-versions/**/*.test.ts'];

/** Tests that measure how the server answers, or what memory it needs, while somebody means harm. */
const measuring = [
  'test/faults/floods.test.ts',
  'test/faults/one-client.test.ts',
  'test/faults/pin-timing.test.ts',
  'test/faults/records.test.ts',
  'test/faults/slow-requests.test.ts',
  'test/faults/unanswering.test.ts',
  'test/faults/unread.test.ts',
];

/**
 * Vitest begins with the largest files of a project. These small ones wait so long that they would run alone at the end.
 * Files with leases of seconds are not among them: at the beginning all workers load their code, and the processor is busiest.
 */
const waitsLong = /\/test\/(faults\/(event-steps|webhooks)|browser\/nodes)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => {
      const ofProject = sorted.filter((file) => file.project === project);
      const isFirst = ({ moduleId }: TestSpecification) => waitsLong.test(moduleId);
      return [...ofProject.filter(isFirst), ...ofProject.filter((file) => !isFirst(file))];
    });
  }
}

/**
 * Projects of one group run together, and a group begins when the one before is over. Two processors are enough for four
 * files at a time, which wait more than they work: for leases, graces, relays and starts of servers.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Everything that needs one process: units, and the tests of the protocol.
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/cluster/**', 'test/faults/**', ...program],
          maxWorkers: 4,
          isolate: false,
          ...patience,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // The tests of the protocol once more, on servers of three nodes, and what only several processes have.
        test: {
          name: 'cluster',
          include: ['test/protocol/*.test.ts', 'test/cluster/**/*.test.ts'],
          env: { TEST_SERVER: 'cluster' },
          globalSetup: 'test/cluster/global-setup.ts',
          setupFiles: 'test/cluster/setup.ts',
          maxWorkers: 4,
          isolate: false,
          ...patience,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // What the built server does when something breaks, or somebody means harm.
        test: {
          name: 'faults',
          include: ['test/faults/*.test.ts', ...program],
          exclude: measuring,
          maxWorkers: 4,
          isolate: false,
          ...patience,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // They need the processor for themselves: one file after the other.
        test: {
          name: 'measuring',
          include: measuring,
          maxWorkers: 1,
          isolate: false,
          ...patience,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Browsers with cameras need the processor too. A file has one browser, and waits for half of the time.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          maxWorkers: 2,
          isolate: false,
          ...patience,
          testTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
