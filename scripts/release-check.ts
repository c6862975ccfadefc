/**
 * Checks a release before it is published: `npm run release:check`. It makes the tarball, installs it into an empty folder as
 * anybody would, and uses it there in every way that docs/package.md names. The tarball stays in this folder.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkTypes, exportsOf, manifestOf, pack } from '../test/support/packed.ts';
import { follow } from '../test/support/program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));

/** The versions of CHANGELOG.md, the latest first; NEXT stands for the one that is about to be released. */
function changes(): { version: string; text: string }[] {
  return read('CHANGELOG.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => ({ version: section.split('\n', 1)[0] ?? '', text: section.split('\n').slice(1).join('\n') }));
}

/** @throws Error where version, lock file and CHANGELOG.md do not fit each other */
async function checkVersion(): Promise<void> {
  const [next, latest] = changes();
  if (next?.version !== 'NEXT' || !/^- \S/m.test(next.text)) throw new Error('CHANGELOG.md says nothing under NEXT.');
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`${version} is no version (semver.org).`);
  const number = (text: string) => text.split(/[.-]/).slice(0, 3).map(Number);
  const isLater = (one: number[], other: number[]) => {
    const place = one.findIndex((part, index) => part !== other[index]);
    return (one[place] ?? 0) > (other[place] ?? 0);
  };
  if (latest && !isLater(number(version), number(latest.version))) {
    throw new Error(`package.json has ${version}, and CHANGELOG.md has ${latest.version} already. Raise the version.`);
  }
  const lock = JSON.parse(read('package-lock.json'));
  if (lock.version !== version) throw new Error('package-lock.json has another version. Run npm install.');
}

/** The server as the third way in README.md starts it. @throws Error that says what it does not serve */
async function checkServer(folder: string): Promise<void> {
  const options = { cwd: folder, env: { PATH: process.env.PATH ?? '', PORT: '0' }, detached: true } as const;
  const child = spawn('npx', ['--no-install', 'mesh-workspaces'], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const program = follow(child);
  try {
    const [, url = ''] = await program.printed(/Listening on (https?:\/\/[^\s"]+).*\n/);
    const page = await (await fetch(url)).text();
    const files = [...page.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map(([, path = '']) => path);
    if (!files.some((path) => path.endsWith('.js'))) throw new Error('The page has no script.');
    for (const path of [...files, 'client.js.map', 'status', 'healthz']) {
      const { status } = await fetch(new URL(path, url));
      if (status !== 200) throw new Error(`${path} is answered with ${status}.`);
    }
    // What a script tag of the type "module" would load.
    const script = join(folder, 'client.mjs');
    await writeFile(script, await (await fetch(new URL('client.js', url))).text());
    if (!('MeshClient' in (await import(script)))) throw new Error('/client.js exports no MeshClient.');
  } finally {
    // npx starts the server as a process of its own.
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await program.ended;
  }
}

const program = `import { MeshClient } from 'mesh-workspaces/client';
import 'mesh-workspaces/embed';
import { MeshProvider } from 'mesh-workspaces/react';
globalThis.client = new MeshClient({ url: 'https://calls.example.com' });
globalThis.MeshProvider = MeshProvider;
`;

/** Each bundles that program, which is in entry.js, into out/. They are the latest ones, as anybody would install them. */
const bundlers: Record<string, readonly string[]> = {
  esbuild: ['npx', '--no-install', 'esbuild', 'entry.js', '--bundle', '--minify', '--outdir=out'],
  vite: ['npx', '--no-install', 'vite', 'build', '--logLevel', 'error', '--outDir', 'out'],
  webpack: [process.execPath, 'webpack.mjs'],
};

const webpack = `import webpack from 'webpack';
const options = { mode: 'production', entry: './entry.js', output: { path: process.cwd() + '/out' } };
webpack(options, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
});
`;

async function checkBundler(folder: string, [command = '', ...args]: readonly string[]): Promise<void> {
  await execute(command, args, { cwd: folder });
  const files = await readdir(join(folder, 'out'), { recursive: true });
  const scripts = files
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFile(join(folder, 'out', file), 'utf8'));
  const bundle = (await Promise.all(scripts)).join('\n');
  const parts = ['The server did not answer', 'mesh-call', 'There is no MeshProvider'];
  if (!parts.every((part) => bundle.includes(part)) || /from\s*"mesh-workspaces/.test(bundle)) {
    throw new Error(`What ${command} ${args[1]} wrote does not hold the client library, <mesh-call> and the hooks.`);
  }
  await rm(join(folder, 'out'), { recursive: true });
}

/** @returns what npm knows of the packages, or that it cannot be asked */
async function audit(folder: string): Promise<string> {
  const { stdout } = await execute('npm', ['audit', '--json', '--omit=dev'], { cwd: folder }).catch((error) => error);
  const { metadata } = JSON.parse(stdout || '{}');
  if (!metadata) return 'npm audit cannot be asked: the registry does not answer';
  const { total } = metadata.vulnerabilities;
  if (total > 0) throw new Error(`npm audit knows of ${total} vulnerabilities. Run npm audit.`);
  return 'npm audit knows of no vulnerability';
}

const folder = mkdtempSync(join(tmpdir(), 'mesh-workspaces-release-'));
try {
  await checkVersion();
  console.log(`The version ${version} fits CHANGELOG.md and package-lock.json.`);
  const { tarball, size, unpackedSize } = await pack(root);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  console.log(`${tarball} has ${megabytes(size)} MB, unpacked ${megabytes(unpackedSize)} MB.`);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const quietly = ['--no-fund', '--no-audit', '--loglevel=error'];
  await execute('npm', ['install', ...quietly, tarball], { cwd: folder });
  await execute('npm', ['install', ...quietly, '--save-dev', ...Object.keys(bundlers)], { cwd: folder });
  if (existsSync(join(folder, 'node_modules/react')))
    throw new Error('React came along with a package that needs none.');
  const { version: installed } = await manifestOf(folder, 'mesh-workspaces');
  if (installed !== version) throw new Error(`npm installed ${installed}.`);
  await checkServer(folder);
  console.log('npx mesh-workspaces serves its page and its client library.');
  for (const react of ['18', '19']) {
    await execute('npm', ['install', ...quietly, `react@${react}`, `@types/react@${react}`], { cwd: folder });
    await exportsOf(folder);
    await checkTypes(folder);
    const ways = 'bundler, node16, nodenext';
    console.log(`With React ${react} it can be imported without a window, and TypeScript finds its types: ${ways}.`);
  }
  await writeFile(join(folder, 'entry.js'), program);
  await writeFile(join(folder, 'webpack.mjs'), webpack);
  await writeFile(join(folder, 'index.html'), '<script type="module" src="entry.js"></script>');
  for (const [name, command] of Object.entries(bundlers)) {
    await checkBundler(folder, command);
    console.log(`${name} bundles the client library, <mesh-call> and the hooks for React.`);
  }
  console.log(`${await audit(folder)}.`);
} finally {
  rmSync(folder, { recursive: true });
}
