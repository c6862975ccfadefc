import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { emptyFolder } from './built-server.ts';
import { reactBundle, type reacts } from './react-bundle.ts';

/** The application of `test/react/app.tsx` as a server renders it. */
export async function renderedBy(
  react: (typeof reacts)[number],
  input: { url: string; token: string; name: string },
): Promise<string> {
  const folder = await emptyFolder((cleanUp) => onTestFinished(async () => void (await cleanUp())));
  await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  const file = join(folder, 'app.mjs');
  await writeFile(file, await reactBundle(react, 'react/server-entry.tsx', 'module'));
  const { html } = await import(pathToFileURL(file).href);
  return html(input);
}
