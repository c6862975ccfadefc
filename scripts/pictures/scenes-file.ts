import { readFileSync, writeFileSync } from 'node:fs';

/** Where the pictures are. */
export const picturesFolder = new URL('../../docs/pictures/', import.meta.url);

const file = new URL('scenes.txt', picturesFolder);

const INTRO = `The words and roles on the pages when the pictures were taken, which a test compares with those of now.
Written by: npm run docs:pictures
`;

/** What stood on the page of each picture, line by line. */
export type Scenes = Record<string, readonly string[]>;

export function readScenes(): Scenes {
  const [, ...parts] = readFileSync(file, 'utf8').split('\n# ');
  return Object.fromEntries(
    parts.map((part) => {
      const [picture = '', ...lines] = part.trimEnd().split('\n');
      return [picture, lines];
    }),
  );
}

export function writeScenes(scenes: Scenes): void {
  const parts = Object.entries(scenes).map(([picture, lines]) => `\n# ${picture}\n${lines.join('\n')}\n`);
  writeFileSync(file, `${INTRO}${parts.join('')}`);
}
