import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAdapterFigures } from '../bench/cluster/figures.ts';
import { readNodesFigures } from '../bench/cluster/nodes-figures.ts';
import { nodesPage } from '../bench/cluster/nodes-page.ts';
import { pageWith } from '../bench/compare/draw/page.ts';
import { readFigures } from '../bench/compare/figures.ts';
import {
  environmentSettings,
  fileSettings,
  protocolDocument,
  restDocument,
  settingsDocument,
} from '../scripts/docs.ts';
import { OPERATIONS, operationsModule } from '../scripts/host-operations.ts';
import { referenceDocuments } from '../scripts/reference/markdown.ts';
import { referencePages } from '../scripts/reference/pages.ts';
import { iceProviders } from '../src/server/config/ice.ts';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

const isDocument = (file: string) => file.endsWith('.md');
const documents = [
  ...readdirSync(root),
  ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
  'examples/README.md',
].filter(isDocument);

/** The text of a document without its code, in which brackets are no links. */
const prose = (document: string) => read(document).replace(/^```.*?^```|`[^`\n]*`/gms, '');

/** The anchors of a document's headings, as GitHub makes them: small letters, hyphens for spaces, no punctuation. */
const anchors = (document: string) =>
  [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** The relative links of a document that lead to no file, or to no heading of one. */
function deadLinks(document: string): string[] {
  const links = [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const url = new URL(link, new URL(document, root));
    const anchor = url.hash.slice(1);
    url.hash = '';
    if (!existsSync(url)) return true;
    return anchor !== '' && !anchors(url.href.slice(root.href.length)).includes(anchor);
  });
}

/** The lines of SECURITY.md that promise something: up to its section of limits. */
const securityLines = read('SECURITY.md')
  .split('\n## Limits\n')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('- '));

/** The files and folders of this project that a document names in code, without those that stand for any name. */
const namedPaths = (document: string) =>
  [...read(document).matchAll(/`((?:bench|deploy|docs|scripts|src|test)\/[\w./-]+)`/g)].map(([, path = '']) => path);

/** The pictures that a document shows: each its file, as the document names it, and the words that stand for it. */
function picturesIn(document: string): { file: string; words: string }[] {
  const text = prose(document);
  const marks = [...text.matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, words = '', file = '']) => ({ file, words }));
  const tags = [...text.matchAll(/<(?:img|source)\b[^>]*>/g)].map(([tag]) => {
    const [, file = ''] = /\b(?:src|srcset)="([^"]*)"/.exec(tag) ?? [];
    // The words of a source are those of its picture.
    const [, words = tag.startsWith('<source') ? 'stands for another picture' : ''] = /\balt="([^"]*)"/.exec(tag) ?? [];
    return { file, words };
  });
  return [...marks, ...tags];
}

describe('what is written', () => {
  it.each(documents)('in %s names no file that is not there', (document) => {
    expect(namedPaths(document).filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it.each(documents)('in %s has no relative link to a file or a heading that is not there', (document) => {
    expect(deadLinks(document)).toEqual([]);
  });

  it.each(documents)('in %s shows no picture that is not there, and says in words what one sees', (document) => {
    for (const { file, words } of picturesIn(document)) {
      expect(existsSync(new URL(file, new URL(document, root))), file).toBe(true);
      expect(words.split(' ').length, `the words for ${file}`).toBeGreaterThan(3);
    }
  });

  it('shows every picture of docs/pictures', () => {
    const shown = documents.flatMap((document) =>
      picturesIn(document).map(({ file }) => new URL(file, new URL(document, root)).href),
    );
    const pictures = readdirSync(new URL('docs/pictures/', root)).filter((file) => file.endsWith('.webp'));
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.filter((file) => !shown.includes(new URL(`docs/pictures/${file}`, root).href))).toEqual([]);
  });

  it.each(securityLines ?? [])('in SECURITY.md is held by a test that is there: %s', (line) => {
    const links = [...line.matchAll(/\[([^\]]+)\]\((test\/[^)]+)\)/g)];
    expect(links).not.toEqual([]);
    for (const [, title = '', file = ''] of links) expect(read(file), file).toContain(title);
  });

  it('has PROTOCOL.md as the tables of the protocol have it (else: npm run docs)', () => {
    expect(read('PROTOCOL.md')).toBe(protocolDocument());
  });

  it('has the settings in docs/settings.md as config.ts and .env.sample have them (else: npm run docs)', () => {
    expect(read('docs/settings.md')).toBe(settingsDocument());
  });

  it('has the operations and the codes in docs/rest.md as the REST API has them (else: npm run docs)', () => {
    expect(read('docs/rest.md')).toBe(restDocument());
  });

  it('has the operations of mesh-workspaces/server as the REST API has them (else: npm run docs)', () => {
    expect(read(OPERATIONS)).toBe(operationsModule());
  });

  it('has the reference of the libraries as their types and comments have it (else: npm run docs)', () => {
    const pages = referenceDocuments();
    expect([...pages.keys()]).toEqual(referencePages.map(({ path }) => path));
    for (const [path, text] of pages) expect(read(path), path).toBe(text);
  });

  it('has the application of docs/react.md as examples/react has it', () => {
    const [, app = ''] = /```tsx\n([\s\S]*?)\n {3}```/.exec(read('docs/react.md')) ?? [];
    expect(`${app.replace(/^ {3}/gm, '')}\n`).toBe(read('examples/react/App.tsx'));
  });

  it('leads from README.md, which --help names, to the settings', () => {
    expect(read('README.md')).toContain('(docs/settings.md)');
  });

  it('keeps README.md short', () => {
    expect(read('README.md').split('\n').length).toBeLessThan(150);
  });

  it('has the tables of docs/performance.md as they were measured (else: npm run bench:draw)', () => {
    const page = read('docs/performance.md');
    expect(page).toBe(pageWith(readFigures(), page));
  });

  it('has the tables of docs/nodes.md as they were measured (else: npm run bench:draw)', () => {
    const page = read('docs/nodes.md');
    expect(page).toBe(nodesPage(page, readNodesFigures(), readAdapterFigures()));
  });

  it.each(iceProviders)(
    'names the ICE provider %s in the comment of ICE_PROVIDER and in docs/deployment.md',
    (name) => {
      const about = environmentSettings().find((setting) => setting.name === 'ICE_PROVIDER')?.about;
      expect(about?.split(/\W+/)).toContain(name);
      expect(read('docs/deployment.md')).toContain(`\`${name}\``);
    },
  );

  it('has no setting in config.ts that no file of src/server reads', () => {
    const code = readdirSync(new URL('src/server/', root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(`src/server/${file}`))
      .join('\n');
    // Texts and types name settings too, and read none: `settings.name` does, `{ name }` of them, and `https.key` of a group.
    const dotted = code.matchAll(/\b(?:settings|https)\.(\w+)/g);
    const taken = code.matchAll(/\{([^{}]*)\}(?:: (?:Pick<)?Settings\b| = [\w.#]*\bsettings\b)/g);
    const reads = new Set([...dotted, ...taken].flatMap(([, names = '']) => names.match(/\w+/g) ?? []));
    expect(fileSettings().filter(({ name }) => !reads.has(name.split('.').at(-1) ?? ''))).toEqual([]);
  });

  it('says of every setting what it does', () => {
    for (const { name, about } of [...fileSettings(), ...environmentSettings()]) {
      expect(
        about,
        `${name} needs one line above it that ends with a full stop: /** ... */, or # in .env.sample`,
      ).toMatch(/\S.*[.)]$|: /);
    }
  });
});
