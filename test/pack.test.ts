import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { emptyFolder, run } from './support/built-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);

/** The package that npm would publish, unpacked elsewhere with the packages of production. */
async function unpacked(): Promise<string> {
  const folder = await emptyFolder();
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  await execute('tar', ['-xf', `mesh-workspaces-${packageJson.version}.tgz`], { cwd: folder });
  const { dependencies, optionalDependencies } = packageJson;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const installed = join(root, 'node_modules', name);
    // npm leaves optional packages out where they do not run.
    if (name in optionalDependencies && !existsSync(installed)) continue;
    const link = join(folder, 'package/node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(installed, link);
  }
  return join(folder, 'package');
}

describe('The package that npm publishes', () => {
  it('starts and serves its page and its client library', async () => {
    const folder = await unpacked();
    const server = run(folder, { program: join(folder, 'dist/src/main.js'), env: { PORT: '0' } });
    const url = await server.listening();
    for (const [path, text] of [
      ['/', '<!doctype html>'],
      ['/client.js', 'MeshClient'],
      ['/client.js.map', 'src/client/mesh-client.ts'],
      ['/status', packageJson.version],
    ]) {
      const response = await fetch(`${url}${path}`);
      expect(response.status, path).toBe(200);
      expect((await response.text()).includes(text ?? ''), path).toBe(true);
    }
    expect(server.output.stderr).toBe('');
  });

  it('holds nothing but what runs, its sources and what is to be read', async () => {
    const folder = await unpacked();
    const read = ['.env.sample', 'CHANGELOG.md', 'LICENSE', 'PROTOCOL.md', 'README.md', 'package.json'];
    expect((await readdir(folder)).sort()).toEqual([...read, 'dist', 'node_modules', 'src'].sort());
    expect((await readdir(join(folder, 'dist'))).sort()).toEqual(['config.js', 'page', 'src']);
  });

  it('holds each of our sources that its source maps name', async () => {
    const folder = await unpacked();
    const files = await readdir(join(folder, 'dist/src'), { recursive: true });
    const maps = files.filter((file) => file.endsWith('.map')).map((file) => join(folder, 'dist/src', file));
    const sources = await Promise.all(
      maps.map(async (map) => {
        const { sources }: { sources: string[] } = JSON.parse(await readFile(map, 'utf8'));
        return sources.map((source) => resolve(dirname(map), source));
      }),
    );
    const ours = sources.flat().filter((source) => !source.includes('/node_modules/'));
    expect(ours).toContain(join(folder, 'src/server/server.ts'));
    expect(ours.filter((source) => !existsSync(source))).toEqual([]);
  });
});
