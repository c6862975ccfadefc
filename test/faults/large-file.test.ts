import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openJsonStore } from '../../src/server/storage/json.ts';
import { workspaceOf } from '../server/storage/contract.ts';
import { emptyFolder } from '../support/built-server.ts';
import { atSoak, patience } from './soak.ts';

/** At soak 600 MB in all: more than a string can have, and so more than JSON.parse can take. */
const avatar = 'a'.repeat(atSoak(16_000, 5_000_000));
const COUNT = 120;

it('A file is read whole, however large it is', { timeout: patience(5) }, async () => {
  const file = join(await emptyFolder(), 'rooms.json');
  const handle = await open(file, 'w');
  await handle.write('{"version":1,"workspaces":{\n');
  for (let n = 0; n < COUNT; n += 1) {
    const line = `"w${n}":${JSON.stringify({ ...workspaceOf(`w${n}`), avatar })}`;
    await handle.write(n < COUNT - 1 ? `${line},\n` : `${line}\n`);
  }
  await handle.write('}}\n');
  await handle.close();

  const store = await openJsonStore({ file, idleMs: 1, now: () => 0 });
  onTestFinished(() => store.close());
  for (let n = 0; n < COUNT; n += 1) expect((await store.get(`w${n}`))?.avatar).toBe(avatar);
});
