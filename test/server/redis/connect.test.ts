import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { readRedisUrl } from '../../../src/server/config/redis.ts';
import { openRedis } from '../../../src/server/redis/connect.ts';
import { emptyFolder } from '../../support/built-server.ts';

it.each([
  ['nothing', ''],
  ['no PEM', 'garbage'],
  ['a half-written certificate', '-----BEGIN CERTIFICATE-----\nMIIB'],
  ['UTF-16', Buffer.from('\uFEFF-----BEGIN CERTIFICATE-----\n', 'utf16le')],
])('A file of REDIS_CA with %s is refused, and not taken for no authority', async (_, content) => {
  const file = join(await emptyFolder(), 'ca.pem');
  await writeFile(file, content);
  const address = readRedisUrl('rediss://127.0.0.1:1', { REDIS_CA: file });
  expect(() => openRedis(address)).toThrow(
    new ConfigError(`The file of REDIS_CA, ${file}, holds no certificates in PEM.`),
  );
});
