import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from '../../../src/server/storage/json-text.ts';

/** The file of the first release, with something in each member. It never changes. */
const file = readFileSync(new URL('version-1.json', import.meta.url));

test('a document of the first release is read, and all of it kept: members that came later have a default', () => {
  const parsed = parse(file);
  if (!('documents' in parsed)) throw new Error(`It counts as damaged: ${JSON.stringify(parsed)}`);
  expect(Object.fromEntries(parsed.documents)).toMatchObject(JSON.parse(file.toString()).workspaces);
});
