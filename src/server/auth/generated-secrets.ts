import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config/environment.ts';
import type { Secrets } from '../config/secrets.ts';
import type { StoreConfig } from '../config/store.ts';

const secretsSchema = z.object({ magickToken: z.string().min(1), saltString: z.string().min(1) });
type CompleteSecrets = z.output<typeof secretsSchema>;

function fresh(): CompleteSecrets {
  return { magickToken: randomBytes(48).toString('base64'), saltString: randomBytes(48).toString('base64') };
}

/**
 * Generates the secrets that DEVELOPMENT lets people leave out. Workspaces in a JSON file outlive the server, and their
 * tokens and PINs are worth nothing without the secrets. So with such a store the generated secrets are stored beside
 * it, readable by the owner of the file alone. So they are with recordings, whose uploads go on after a restart.
 * @param recordings the folder of the recordings; null: there are none
 * @throws ConfigError when generated secrets cannot be read or written
 */
export async function completeSecrets(
  given: Secrets,
  store: StoreConfig,
  recordings: string | null,
): Promise<CompleteSecrets> {
  const { magickToken, saltString } = given;
  if (magickToken !== null && saltString !== null) return { magickToken, saltString };
  const file = store.kind === 'json' ? `${store.file}.secrets` : recordings && path.join(recordings, '.secrets');
  const made = file === null ? fresh() : await generatedIn(file);
  return { magickToken: magickToken ?? made.magickToken, saltString: saltString ?? made.saltString };
}

/** The secrets in a file, which are generated where there is none. */
async function generatedIn(file: string): Promise<CompleteSecrets> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(fresh(), null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unusable(file);
  }
  try {
    return secretsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw unusable(file);
  }
}

function unusable(file: string): ConfigError {
  return new ConfigError(
    `The secrets of this machine cannot be kept in ${file}. Make it readable and writable, or set MAGICK_TOKEN and SALT_STRING.`,
  );
}
