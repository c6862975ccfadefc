import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The rooms of the server, from the ground up. A room imports only rooms that stand before it here. A new folder needs a
 * place in this list.
 */
const floors = [
  'src/protocol/',
  'src/server/domain/',
  'src/server/collections/',
  'src/server/measurements.ts',
  'src/server/failed-pairs.ts',
  'src/server/config/',
  'src/server/log-writer.ts',
  'src/server/log.ts',
  'src/server/storage/',
  'src/server/cluster.ts',
  'src/server/records/',
  'src/server/auth/',
  'src/server/users/',
  'src/server/ice/',
  'src/server/recordings/',
  'src/server/transport/',
  'src/server/redis/',
  'src/server/services.ts',
  'src/server/workspaces/',
  'src/server/commands/',
  'src/server/webhooks/',
  'src/server/metrics/',
  'src/server/rest/',
  'src/server/server.ts',
  'src/server/compose.ts',
  'src/server/run.ts',
  'src/main.ts',
];

/** The rooms that run elsewhere: in browsers and in host systems. Beside each, the rooms that it may import. */
const elsewhere: Record<string, readonly string[]> = {
  'src/client/': ['src/protocol/'],
  'src/embed/': ['src/client/'],
  'src/react/': ['src/client/'],
  'src/recorder/': ['src/client/'],
  'src/page/': ['src/client/', 'src/embed/', 'src/recorder/'],
  'src/host/': ['src/server/domain/'],
};

/** Packages: they take from the server nothing but types. */
const libraries = ['src/client/', 'src/embed/', 'src/host/'];

/** Every room may import this one. */
const VERSION = 'src/version.ts';

interface Import {
  readonly from: string;
  readonly to: string;
  /** The compiler erases it. */
  readonly isOfTypes: boolean;
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => join('src', file))
  .filter((file) => /\.(?:js|tsx?)$/.test(file) && !file.endsWith('.d.ts'));

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s)?[^'";]*?from\s*['"](\.[^'"]+)['"]/gm;
const SIDE_EFFECT = /^[ \t]*import\s*(type\s)?['"](\.[^'"]+)['"]/gm;
const EXPRESSION = /\bimport\s*\(\s*(type\s)?['"](\.[^'"]+)['"]/g;

function importsOf(from: string): Import[] {
  const source = readFileSync(join(root, from), 'utf8');
  return [STATEMENT, SIDE_EFFECT, EXPRESSION]
    .flatMap((form) => [...source.matchAll(form)])
    .map(([, type, path = '']) => ({ from, to: normalize(join(dirname(from), path)), isOfTypes: type !== undefined }))
    .filter(({ to }) => files.includes(to));
}

const imports = files.flatMap(importsOf);

const rooms = [...floors, ...Object.keys(elsewhere), VERSION];

const roomOf = (file: string) => rooms.find((room) => file.startsWith(room)) ?? '';

/** Why an import is against the rules; null where it is not. */
function objection({ from, to, isOfTypes }: Import): string | null {
  const [room, imported] = [roomOf(from), roomOf(to)];
  if (room === imported || imported === VERSION) return null;
  const allowed = elsewhere[room] ?? floors.slice(0, Math.max(0, floors.indexOf(room)));
  if (!allowed.includes(imported)) return `${from} must not import ${to}: ${room} may not know ${imported}`;
  const needsTypes = libraries.includes(room) && !isOfTypes;
  return needsTypes ? `${from} must import ${to} by \`import type\`: a library takes only types from it` : null;
}

/** A way along imports from a file back to it, or null. */
function circleFrom(start: string): string[] | null {
  const seen = new Set<string>();
  const follow = (file: string): string[] | null => {
    if (seen.has(file)) return null;
    seen.add(file);
    for (const { to } of imports.filter(({ from }) => from === file)) {
      const rest = to === start ? [to] : follow(to);
      if (rest) return [file, ...rest];
    }
    return null;
  };
  return follow(start);
}

it('this test sees the imports: of values, of types, and those that happen at run time', () => {
  expect(imports.length).toBeGreaterThan(300);
  const seen = (from: string, to: string) => imports.find((each) => each.from === from && each.to === to);
  expect(seen('src/server/services.ts', 'src/server/redis/backend.ts')).toBeDefined();
  expect(seen('src/server/services.ts', 'src/server/auth/pins.ts')).toMatchObject({ isOfTypes: false });
  expect(seen('src/server/cluster.ts', 'src/server/domain/settle.ts')).toMatchObject({ isOfTypes: true });
});

it('every file stands in a room, and only main.ts and version.ts stand directly in src/', () => {
  expect(files.filter((file) => roomOf(file) === '')).toEqual([]);
  expect(files.filter((file) => dirname(file) === 'src').sort()).toEqual(['src/main.ts', 'src/version.ts']);
  for (const room of rooms) expect(existsSync(join(root, room)), room).toBe(true);
});

it('imports lead from a room only to the rooms below it', () => {
  expect(imports.map(objection).filter((each) => each !== null)).toEqual([]);
});

it('no import leads back to the file that it started from', () => {
  const [circle] = files.map(circleFrom).filter((each) => each !== null);
  expect(circle?.join(' -> ')).toBeUndefined();
});
