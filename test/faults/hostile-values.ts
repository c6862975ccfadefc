import fc from 'fast-check';

// The values that a hostile or broken client sends.

/**
 * Names that mean something to JavaScript, and those of the protocol where they don't belong. (Not `_placeholder`:
 * beside an attachment it makes a packet that is none, and that ends its connection.)
 */
const names = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'toJSON', 'length'],
  ...['refused', 'ok', 'error', 'workspace', 'attendee', 'id', 'accessToken', 'sdp', ''],
];

export const hostileName = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 40 }));

const texts = [
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    'a\udfff',
    '\u202eevil',
    '\ufeff',
    'a\nb\r\nc',
    '\u001b[31mred',
    '\u2028',
    '💥',
    '_',
  ],
  ...['<script>alert(1)</script>', "'; DROP TABLE x; --", '{{7*7}}', '%s%n%o', '../../etc/passwd', '$2b$10$x'],
  ...['0', '1', '-1', '1e400', 'NaN', 'null', 'undefined', 'true', '[object Object]', '1970-01-01T00:00:00.000Z'],
  ...['_'.padEnd(66, 'a'), '_a:b', '_a b', '_é', '_a\n', 'x'.repeat(257), 'x'.repeat(8193), 'x'.repeat(70_000)],
];

const numbers = [0, -0, 1, -1, 0.5, 1e21, 2 ** 31, 2 ** 53, -(2 ** 63), 1.7e308, Number.NaN, Number.POSITIVE_INFINITY];

function nested(depth: number, member: string): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = member === '' ? [value] : { [member]: value };
  // Printing it would recurse as deep.
  return Object.defineProperty(value, fc.toStringMethod, { value: () => `nested(${depth}, '${member}')` });
}

const depth = fc.constantFrom(2, 8, 9, 100, 2000);

/** A value in the place of another one, or of a whole payload. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, ...numbers),
  fc.constantFrom(...names, ...texts),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue(),
  fc.dictionary(hostileName, fc.jsonValue(), { maxKeys: 5 }),
  fc.tuple(depth, fc.constantFrom('', 'a', '__proto__x')).map(([levels, member]) => nested(levels, member)),
  fc.integer({ min: 2, max: 5000 }).map((length) => new Array<number>(length).fill(0)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => ({ type: 'Buffer', data: [...bytes] })),
);

/** A mutation of a payload. `at` chooses one of its fields. */
export type Mutation =
  | { kind: 'replace'; at: number; value: unknown }
  | { kind: 'remove'; at: number }
  | { kind: 'add'; at: number; name: string; value: unknown }
  | { kind: 'as list'; at: number }
  | { kind: 'as text'; at: number };

const at = fc.nat(1000);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), at, value: hostileValue }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('add' as const), at, name: hostileName, value: hostileValue }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('as list' as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('as text' as const), at }) },
);

/** A copy of a payload that is not quite right any more. */
export function mutated(payload: unknown, change: Mutation): unknown {
  const paths = pathsOf(payload);
  return changed(payload, paths[change.at % paths.length] ?? [], change);
}

/** The path of every field, at any depth; the first one is the payload itself. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (!isRecord(value) || path.length > 5) return [path];
  return [path, ...Object.keys(value).flatMap((name) => pathsOf(value[name], [...path, name]))];
}

function changed(value: unknown, [name, ...rest]: readonly string[], change: Mutation): unknown {
  if (name === undefined) return changedHere(value, change);
  if (!isRecord(value)) return value;
  const others = Object.entries(value).filter(([each]) => each !== name);
  if (change.kind === 'remove' && rest.length === 0) return Object.fromEntries(others);
  return withMember(Object.fromEntries(others), name, changed(value[name], rest, change));
}

function changedHere(value: unknown, change: Mutation): unknown {
  switch (change.kind) {
    case 'replace':
      return change.value;
    case 'remove':
      return {};
    case 'add':
      return isRecord(value) ? withMember({ ...value }, change.name, change.value) : change.value;
    case 'as list':
      return [value];
    case 'as text':
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

/** Defined and not assigned, so that `__proto__` is a member like any other, as it is in JSON. */
function withMember(record: object, name: string, value: unknown): object {
  return Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}
