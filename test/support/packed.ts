import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/.bin/tsc');
const execute = promisify(execFile);

/** What the package says of itself when it is packed. Sizes are in bytes. */
export interface Packed {
  /** The path of the tarball. */
  readonly tarball: string;
  readonly size: number;
  readonly unpackedSize: number;
}

/** Makes the tarball that npm would publish, of what is built already. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await execute('npm', args, { cwd: root, maxBuffer: 16 * 1024 ** 2 });
  const [{ filename, size, unpackedSize }] = JSON.parse(stdout);
  return { tarball: join(folder, filename), size, unpackedSize };
}

/** A program of somebody who uses the package, as TypeScript. It has mistakes that only types can find. */
const program = `import { type ClientState, CommandError, MeshClient } from 'mesh-workspaces/client';
import type { MeshCall, MeshCallEvents } from 'mesh-workspaces/embed';
import { type Peer, useCall, useMesh, usePeers, Video } from 'mesh-workspaces/react';
import { Recorder } from 'mesh-workspaces/recorder';
import { MeshServer, verifyWebhook } from 'mesh-workspaces/server';

export function open(url: string, show: (state: ClientState) => void): MeshClient {
  const client = new MeshClient({ url });
  client.state.subscribe(show);
  client.on('ring', ({ attendee }) => attendee.name.toUpperCase());
  void client.consultations().then(({ consultations }) => consultations[0]?.provider.id.length);
  return client;
}
export const isFull = (error: unknown) => error instanceof CommandError && error.code === 'FULL';
// @ts-expect-error
new MeshClient().attend({ token: 1 });
export const record = (client: MeshClient) => new Recorder(client).state.value;

export function embed(token: string, hear: (event: MeshCallEvents['mesh-left']) => void): MeshCall {
  const call = document.createElement('mesh-call');
  call.token = token;
  call.addEventListener('mesh-left', ({ detail }) => hear(detail));
  call.addEventListener('mesh-call-ending', ({ detail }) => detail.secondsLeft.toFixed());
  void call.toggleMic().then((isOn) => isOn === true);
  return call;
}
// @ts-expect-error
document.createElement('mesh-call').token = 1;

export function Call(): readonly Peer[] | string {
  const { call, accept } = useCall();
  const names = useMesh(({ seat }) => seat?.attendees.map(({ name }) => name?.toUpperCase()) ?? []);
  void accept().then(() => names.length.toFixed());
  return call === null ? (Video.displayName ?? '') : usePeers();
}
// @ts-expect-error
useMesh((state) => state.nothing);

export async function visit(apiKey: string, name: string | undefined): Promise<string> {
  const mesh = new MeshServer({ url: 'https://calls.example.com', apiKey });
  for await (const { durationSeconds } of mesh.listCalls({ status: 'ended' })) console.log(durationSeconds?.toFixed());
  const { owner } = await mesh.createWorkspace({ name, owner: {} });
  const event = await verifyWebhook('{}', new Headers(), 'whsec_');
  return event.type === 'call.ended' ? event.data.billableSeconds.toFixed() : owner.url;
}
// @ts-expect-error
new MeshServer({ url: 'https://calls.example.com' });
`;

/** The ways in which TypeScript finds the types of a package: for bundlers, for Node 16, and for later ones. */
const resolutions = [
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
];

/**
 * Compiles a program that uses the package, with the types of all packages checked too.
 * @param folder where the package is installed, in node_modules; its own modules are ESM
 * @throws Error that says what TypeScript does not take
 */
export async function checkTypes(folder: string): Promise<void> {
  await writeFile(join(folder, 'program.ts'), program);
  const checks = resolutions.map(async ({ module, moduleResolution }) => {
    const config = join(folder, `tsconfig.${moduleResolution}.json`);
    const lib = ['es2022', 'dom', 'dom.iterable'];
    const compilerOptions = { module, moduleResolution, lib, target: 'es2022', types: [], strict: true, noEmit: true };
    await writeFile(config, JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    await execute(tsc, ['--project', config, '--skipLibCheck', 'false']).catch(({ stdout }: { stdout: string }) => {
      throw new Error(`With moduleResolution ${moduleResolution}, TypeScript says:\n${stdout}`);
    });
  });
  await Promise.all(checks);
}

/** What each module of the package exports, by its name in package.json, where there is no window. */
export async function exportsOf(folder: string): Promise<Record<string, string[]>> {
  const { exports } = await manifestOf(folder, 'mesh-workspaces');
  const names = Object.keys(exports).filter((name) => name !== './package.json');
  const code = `const all = {};
    for (const name of ${JSON.stringify(names)}) all[name] = Object.keys(await import('mesh-workspaces' + name.slice(1)));
    console.log(JSON.stringify(all));`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder });
  return JSON.parse(stdout);
}

/** The manifest of a package that is installed there. */
export async function manifestOf(folder: string, name: string): Promise<{ version: string; exports: object }> {
  return JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
}
