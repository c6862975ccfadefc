import { it } from 'vitest';

/** Do the servers of this run consist of several processes? */
export const onCluster = process.env.TEST_SERVER === 'cluster';

/** Of how many processes each of them consists. */
export const processes = onCluster ? 3 : 1;

/** For tests of what only a server in one process has. @param reason why; it is printed where they are skipped */
export function inOneProcess(reason: string): typeof it {
  if (!onCluster) return it;
  return it.extend<{ skipped: undefined }>({
    skipped: [
      async ({ skip }, use) => {
        skip(reason);
        await use(undefined);
      },
      { auto: true },
    ],
  }) as typeof it;
}
