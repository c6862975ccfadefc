import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPrograms, isThere, programOf, supportedVersions } from '../../scripts/node-versions.mjs';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { type BuiltServer, emptyFolder, run, secrets } from '../support/built-server.ts';
import { attend, Client, connectCall, createWorkspace, type Reachable } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { storedIn } from '../support/stored.ts';

/** In CI a version that the registry has may not be missing. */
const skips = (major: number) => !isThere(major) && !(hasPrograms && process.env.CI === 'true');

async function reachable(server: BuiltServer): Promise<Reachable & { url: string }> {
  const url = (await server.listening()).replace('localhost', '127.0.0.1');
  return { url, connect: (options) => Client.connect(url, options) };
}

/** The owner rings a guest, and the guest answers. */
async function call(server: Reachable) {
  const owner = await createWorkspace(server, { pin: '1234' });
  const guest = await attend(server, owner, { pin: '1234' });
  await connectCall(owner, guest);
  return owner;
}

describe.each(supportedVersions)('Node %i', (major) => {
  const node = programOf(major);
  const settings = { PORT: '0', ...secrets };

  it.skipIf(skips(major))('is the version that it should be, and loads every native addon', () => {
    const addons = ['bcrypt', 'bufferutil', 'fs-native-extensions', 'libsql']
      .map((name) => `require('${name}');`)
      .join('');
    const script = `${addons}process.stdout.write(process.version)`;
    expect(execFileSync(node, ['-e', script], { encoding: 'utf8' })).toMatch(new RegExp(`^v${major}\\.`));
  });

  it.skipIf(skips(major))('serves the page, a call and metrics, and keeps the workspace in a JSON file', async () => {
    const folder = await emptyFolder();
    const file = join(folder, 'rooms.json');
    const metricsPort = await freePort();
    const env = { ...settings, JSON_STORAGE_FILE: file, METRICS_PORT: String(metricsPort) };
    const server = run(folder, { node, env });
    const { url, ...there } = await reachable(server);
    const page = await fetch(url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const { workspaceId, id } = await call(there);
    const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    expect(await metrics.text()).toContain('mesh_calls 1\n');
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.output.stderr).toBe('');
    expect((await storedIn(file))[workspaceId]).toMatchObject({ owner: { id } });
  });

  it.skipIf(skips(major) || skipsRedis())('serves a call, and keeps the workspace in Redis', async () => {
    const redis = await startRedis();
    const env = { ...settings, STORE: 'redis', REDIS_URL: redis.url, REDIS_PREFIX: 'smoke' };
    const server = run(await emptyFolder(), { node, env });
    const { workspaceId } = await call(await reachable(server));
    expect(await redis.cli('exists', `smoke:workspace:${workspaceId}`)).toBe('1');
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.output.stderr).toBe('');
  });
});
