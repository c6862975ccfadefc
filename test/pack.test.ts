import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { emptyFolder, run } from './support/built-server.ts';
import { Lifetime } from './support/lifetime.ts';
import { checkTypes, exportsOf, type Packed, pack } from './support/packed.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);
const lifetime = new Lifetime();

/** A folder with the package that npm would publish in its node_modules, beside the packages that it needs. */
let folder = '';
/** Where the package is. */
let installed = '';
let packed: Packed;

beforeAll(async () => {
  folder = await emptyFolder(lifetime.atEnd);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  packed = await pack(folder);
  await execute('tar', ['-xf', packed.tarball], { cwd: folder });
  installed = join(folder, 'node_modules/mesh-workspaces');
  await mkdir(dirname(installed), { recursive: true });
  await rename(join(folder, 'package'), installed);
  const { dependencies, optionalDependencies } = packageJson;
  // Somebody who uses React has it, and its types.
  const react = ['react', '@types/react', 'csstype'];
  for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...react]) {
    const original = join(root, 'node_modules', name);
    // npm leaves optional packages out where they do not run.
    if (name in optionalDependencies && !existsSync(original)) continue;
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(original, link);
  }
});

afterAll(() => lifetime.end());

describe('The package that npm publishes', () => {
  it('starts and serves its page and its client library', async () => {
    const server = run(folder, { program: join(installed, packageJson.bin['mesh-workspaces']), env: { PORT: '0' } });
    const url = await server.listening();
    for (const [path, text] of [
      ['/', '<!doctype html>'],
      ['/client.js', 'MeshClient'],
      ['/client.js.map', 'src/client/mesh-client.ts'],
      ['/embed.js', 'mesh-call'],
      ['/recorder.js', 'MediaRecorder'],
      ['/status', packageJson.version],
    ]) {
      const response = await fetch(`${url}${path}`);
      expect(response.status, path).toBe(200);
      expect((await response.text()).includes(text ?? ''), path).toBe(true);
    }
    expect(server.output.stderr).toBe('');
  });

  it('holds nothing but what runs, its sources and what is to be read, in 2.8 MB', async () => {
    const read = ['.env.sample', 'CHANGELOG.md', 'LICENSE', 'PROTOCOL.md', 'README.md', 'package.json'];
    expect((await readdir(installed)).sort()).toEqual([...read, 'dist', 'src'].sort());
    expect((await readdir(join(installed, 'dist'))).sort()).toEqual(['config.js', 'page', 'src']);
    expect(await readdir(join(installed, 'src'))).not.toContain('page');
    expect(packed.size).toBeLessThan(2.8e6);
  });

  it('holds each of our sources that its source maps name', async () => {
    const files = await readdir(join(installed, 'dist/src'), { recursive: true });
    const maps = files.filter((file) => file.endsWith('.map')).map((file) => join(installed, 'dist/src', file));
    const sources = await Promise.all(
      maps.map(async (map) => {
        const { sources }: { sources: string[] } = JSON.parse(await readFile(map, 'utf8'));
        return sources.map((source) => relative(installed, resolve(dirname(map), source)));
      }),
    );
    const ours = sources.flat().filter((source) => !source.includes('node_modules/'));
    expect(ours).toContain('src/server/server.ts');
    expect(ours.filter((source) => !existsSync(join(installed, source)))).toEqual([]);
  });

  it('can be imported where there is no window', async () => {
    expect(await exportsOf(folder)).toEqual({
      './client': ['CommandError', 'MeshClient'],
      './embed': ['MeshCall', 'MeshCallError'],
      './react': [
        'MeshProvider',
        'Video',
        'useCall',
        'useChat',
        'useConsultation',
        'useMedia',
        'useMesh',
        'useMeshClient',
        'useMeshEvent',
        'usePeers',
        'usePhone',
        'useSeat',
      ],
      './recorder': ['Recorder', 'resumeUploads'],
      './server': ['InvalidWebhook', 'MeshServer', 'MeshServerError', 'userToken', 'verifyWebhook'],
    });
  });

  it('has types for every way in which TypeScript looks for them', async () => {
    await checkTypes(folder);
  });
});
