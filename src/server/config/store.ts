import path from 'node:path';
import { ConfigError, type Environment, needed } from './environment.ts';
import { type RedisAddress, readRedisUrl } from './redis.ts';
import type { Settings } from './settings.ts';

export type StoreConfig =
  | { kind: 'memory' }
  | { kind: 'json'; file: string }
  | { kind: 'redis'; address: RedisAddress };

const kinds = ['memory', 'json', 'redis'] as const;

/**
 * Reads which store keeps the workspaces.
 * @param warnings gets sentences that an operator should read at the start
 * @throws ConfigError where a setting is missing or wrong
 */
export function readStore(env: Environment, { json_storage_file: file }: Settings, warnings: string[]): StoreConfig {
  const text = env.STORE?.trim().toLowerCase() || (file === '' ? 'memory' : 'json');
  const kind = kinds.find((each) => each === text);
  if (!kind) throw new ConfigError(`STORE must be one of ${kinds.join(', ')}. It is '${env.STORE}'.`);
  if (kind !== 'redis' && env.REDIS_URL?.trim())
    warnings.push(`REDIS_URL is set, but STORE is ${kind}: Redis is not used.`);
  if (kind !== 'json' && file !== '') warnings.push(`json_storage_file is set, but STORE is ${kind}: it is not used.`);
  switch (kind) {
    case 'memory':
      return { kind };
    case 'json':
      if (file === '')
        throw new ConfigError('json_storage_file (JSON_STORAGE_FILE) is missing, and STORE=json needs it.');
      return { kind, file: path.resolve(path.basename(file) === file ? 'storage' : '', file) };
    case 'redis': {
      const address = readRedisUrl(needed(env, 'REDIS_URL', 'STORE=redis'), env);
      if (!address.tls && env.REDIS_CA?.trim())
        warnings.push('REDIS_CA is set, but REDIS_URL is without TLS (rediss).');
      return { kind, address };
    }
  }
}
