/** A reporter of Vitest that writes which tests have failed into the file `FAILURES_FILE`, for scripts/repeat-tests.ts. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What failed in a run: the message of its first error, by the title of the test, with its project and its file. */
export type Failures = Record<string, string>;

const messageOf = (errors: readonly Pick<SerializedError, 'message'>[] = []) => errors[0]?.message ?? '';

function failuresOf(module: TestModule): [string, string][] {
  const file = `${module.project.name} ${relative(module.project.config.root, module.moduleId)}`;
  const failed = [...module.children.allTests('failed')].map((test): [string, string] => [
    `${file} > ${test.fullName}`,
    messageOf(test.result().errors),
  ]);
  const ofSuites = [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return [...failed, ...ofSuites.map((suite): [string, string] => [file, messageOf(suite.errors())])];
}

export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const failures: Failures = Object.fromEntries(modules.flatMap(failuresOf));
    if (unhandled.length > 0) failures['An error that no test has caught'] = messageOf(unhandled);
    writeFileSync(process.env.FAILURES_FILE ?? 'failures.json', JSON.stringify(failures));
  }
}
