/**
 * Builds the documentation as a site: `npm run docs:site`, into dist/site. The server shows it at /docs, and any other web server can.
 * `npm run docs:site -- --base /calls/docs/` builds it for another path than /docs/.
 *
 * The Markdown of this project is copied into site/pages: there, links between pages lead to pages, and links to other files of this
 * project lead to a copy of those.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { navigation } from '../site/navigation.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = join(root, 'site/pages');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const names: Readonly<Record<string, string>> = {
  'site/index.md': 'index.md',
  'README.md': 'overview.md',
  'examples/README.md': 'examples.md',
};

/** Where a document is on the site. */
export const placeOf = (file: string) =>
  names[file] ?? file.replace(/^docs\//, '').replace(/^[A-Z]+(?=\.md$)/, (name) => name.toLowerCase());

/** The documents of the site. */
export const documents = ['site/index.md', ...navigation.flatMap(({ files }) => files)];

/** Where a file that is no document has its copy: as text, which every browser shows. */
const copyOf = (file: string) => `source/${file.replace(/^\./, '')}.txt`;

const images = /\.(png|svg|webp|jpe?g)$/;

/** Links and pictures in a document, also in the head of the first page. Those in code are none. */
const links = /(```[\s\S]*?\n\s*```|`[^`\n]*`)|(\]\(|\n\s+link: |\bsrc(?:set)?=")([^)\s"]+)/g;

/** The text of a document with links that hold on the site. @param use is told each file that needs a copy */
export function withLinks(document: string, text: string, use: (file: string) => void): string {
  const from = posix.dirname(placeOf(document));
  return text.replace(links, (whole, code, before, link: string) => {
    if (code !== undefined || /^([a-z]+:|#)/.test(link)) return whole;
    const [path = '', anchor] = link.split('#');
    const file = posix.join(posix.dirname(document), path).replace(/\/$/, '');
    if (!existsSync(join(root, file))) throw new Error(`${document} has a link to ${link}, which is not there.`);
    const isPage = documents.includes(file);
    if (!isPage) use(file);
    const place = isPage ? placeOf(file) : images.test(file) ? file.replace(/^docs\//, '') : copyOf(file);
    // The first page links from the root, and a copy is no page, whose links are looked after.
    const target = before.includes('link') ? `/${place.replace(/\.md$/, '')}` : relative(from, place);
    const end = anchor === undefined ? '' : `#${anchor}`;
    return isPage || images.test(file) ? `${before}${target}${end}` : `${before}${target}){target="_self"`;
  });
}

/** What looks like a tag in prose is none, but for those that Markdown has no sign for. */
const asText = (text: string) =>
  text.replace(
    /(```[\s\S]*?\n\s*```|`[^`\n]*`)|<(?=[a-z/])(?!\/?(?:img|picture|source|br|details|summary)\b)/gi,
    (_, code) => code ?? '&lt;',
  );

const relative = (from: string, place: string) => {
  const path = posix.relative(from, place);
  return path.startsWith('.') ? path : `./${path}`;
};

function write(path: string, text: string): void {
  mkdirSync(dirname(join(pages, path)), { recursive: true });
  writeFileSync(join(pages, path), text);
}

/** The content of a file, or the names in a folder. */
function contentOf(file: string): string {
  const path = join(root, file);
  return statSync(path).isDirectory() ? `${readdirSync(path).sort().join('\n')}\n` : readFileSync(path, 'utf8');
}

/** Every document that people read is on the site. */
function missing(): string[] {
  const markdown = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`);
  const atTop = readdirSync(root).filter((file) => file.endsWith('.md'));
  return [...atTop, ...markdown].filter((file) => !documents.includes(file));
}

function writePages(): void {
  rmSync(pages, { recursive: true, force: true });
  const copies = new Set<string>();
  for (const document of documents) {
    write(placeOf(document), asText(withLinks(document, read(document), (file) => copies.add(file))));
  }
  for (const file of copies) {
    if (images.test(file)) cpSync(join(root, file), join(pages, file.replace(/^docs\//, '')));
    else write(`public/${copyOf(file)}`, contentOf(file));
  }
  const titleOf = (document: string) => {
    if (document === 'README.md') return 'Overview';
    const [, heading = document] = /^# (.+)$/m.exec(read(document)) ?? [];
    return heading.replaceAll('`', '').replaceAll('<', '&lt;');
  };
  const sidebar = navigation.map(({ title, files }) => ({
    text: title,
    items: files.map((file) => ({ text: titleOf(file), link: `/${placeOf(file).replace(/\.md$/, '')}` })),
  }));
  write('navigation.json', JSON.stringify(sidebar));
}

if (process.argv[1] === import.meta.filename) {
  const forgotten = missing();
  if (forgotten.length > 0) throw new Error(`site/navigation.ts names no place for ${forgotten.join(', ')}.`);
  const { values } = parseArgs({ options: { base: { type: 'string', default: '/docs/' } } });
  writePages();
  const { status } = spawnSync(join(root, 'site/node_modules/.bin/vitepress'), ['build', 'site'], {
    cwd: root,
    env: { ...process.env, SITE_BASE: values.base },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
