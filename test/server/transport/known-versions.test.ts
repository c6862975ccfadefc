import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { start } from '../../../src/server/server.ts';
import { createServices } from '../../../src/server/services.ts';
import { installedVersion } from '../../../src/server/transport/installed-version.ts';
import { KnownVersions } from '../../../src/server/transport/known-versions.ts';
import { Delivery } from '../../../src/server/workspaces/delivery.ts';
import { attend, candidate, createWorkspace } from '../../support/fixtures.ts';
import { Client } from '../../support/test-client.ts';

/** The installed versions, but for one package. */
function butFor(name: string, version: string): KnownVersions {
  return new KnownVersions((each) => (each === name ? version : installedVersion(each)));
}

it('All installed packages are of known versions', () => {
  expect(new KnownVersions().warnings()).toEqual([]);
});

it.each([
  ['socket.io', ['relays take the ordinary way', 'fair turns', 'size of a command', 'more memory']],
  ['socket.io-parser', ['relays take the ordinary way', 'size of a command']],
  ['socket.io-adapter', ['relays take the ordinary way', 'share a Redis']],
  ['@socket.io/redis-adapter', ['relays take the ordinary way', 'share a Redis']],
  ['engine.io', ['relays take the ordinary way', 'fair turns', 'polling request', 'more memory']],
  ['ws', ['relays take the ordinary way', 'fair turns', 'partial messages', 'more memory']],
])('One sentence says that %s is of an unknown version, and what becomes of that', (name, consequences) => {
  const versions = butFor(name, '99.0.0');
  const [warning = '', ...more] = versions.warnings();
  expect(more).toEqual([]);
  expect(warning).toMatch(new RegExp(`^${name} 99\\.0\\.0 is not known to this server: [^.]+\\.$`));
  for (const consequence of consequences) expect(warning).toContain(consequence);
  expect(versions.isKnown('fastPath')).toBe(false);
});

it('Only a Redis Cluster needs a known version of ioredis', () => {
  const versions = butFor('ioredis', '99.0.0');
  expect(versions.warnings()).toEqual([
    expect.stringMatching(/^ioredis 99\.0\.0 is not known .*: with a Redis Cluster,/),
  ]);
  expect(versions.isKnown('shards')).toBe(false);
  expect(versions.isKnown('fastPath')).toBe(true);
});

it('A version is known by whole numbers', () => {
  expect(butFor('ws', '80.0.0').warnings()).toHaveLength(1);
  expect(butFor('ws', '8.99.0').warnings()).toEqual([]);
  expect(butFor('engine.io', '6.60.0').warnings()).toHaveLength(1);
});

it.each(['socket.io', 'ws', 'engine.io'])(
  'With an unknown version of %s the server warns, and serves',
  async (name) => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const services = await createServices(loadConfig({ PORT: '0', LOG_LEVEL: 'silent', BCRYPT_COST: '4' }));
    const running = await start({ ...services, log }, butFor(name, '99.0.0'));
    onTestFinished(() => running.close());
    const relay = vi.spyOn(Delivery.prototype, 'relay');
    onTestFinished(() => relay.mockRestore());

    const server = { ...running, services, connect: (options?: object) => Client.connect(running.url, options) };
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    for (let n = 0; n < 3; n += 1) await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    expect(relay).toHaveBeenCalledTimes(3);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(butFor(name, '99.0.0').warnings());
  },
);
