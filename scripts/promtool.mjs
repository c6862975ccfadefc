/**
 * promtool, which checks metrics and rules as Prometheus reads them. Debian has it in the package of Prometheus itself, whose
 * installation starts a server on the port of this one. So the package is only unpacked, into node_modules/.cache.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.cache/promtool/', import.meta.url));
const unpacked = `${folder}promtool`;

/** The program to run; null where there is none. */
export function promtool() {
  if (existsSync(unpacked)) return unpacked;
  return spawnSync('promtool', ['--version']).error === undefined ? 'promtool' : null;
}

/** Unpacks it from Debian's package: 19 MB to download, and no right of root is needed. */
export function unpackPromtool() {
  const cwd = mkdtempSync(join(tmpdir(), 'promtool-'));
  // As root, apt-get would warn that its own user cannot write into that folder.
  const args = ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'prometheus'];
  spawnSync('apt-get', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [debian] = readdirSync(cwd);
  const extract = 'dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/bin/promtool';
  const { stdout } = spawnSync('sh', ['-c', extract, 'sh', debian ?? ''], { cwd, maxBuffer: 1024 ** 3 });
  rmSync(cwd, { recursive: true });
  if (!stdout?.length) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(unpacked, stdout);
  chmodSync(unpacked, 0o755);
}
