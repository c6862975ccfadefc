import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs lines in bash, of which none may fail. @returns what they print */
export async function run(lines: string, env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', lines], { env });
  return stdout;
}
