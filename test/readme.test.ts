import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from './support/fixtures.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('has an example that runs as printed', async () => {
  const [, example] = /```js\n([^`]*(?:`[^`\n]*`[^`]*)*?)```/.exec(readme) ?? [];
  if (example === undefined) throw new Error('README.md has no example');
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(21);

  // It stands in the project's folder, where the README puts it; only the port is the test's own.
  const server = await startServer();
  const file = new URL('../example-under-test.mjs', import.meta.url);
  writeFileSync(file, example.replaceAll('http://localhost:9090', server.url));
  onTestFinished(() => rmSync(file, { force: true }));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file.pathname]);
  expect(stderr).toBe('');
  expect(stdout).toBe('Ada rings\nBob is on the call\n');
});
