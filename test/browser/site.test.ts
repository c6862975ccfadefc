import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';

const site = new URL('../../dist/site/', import.meta.url);
const hasSite = existsSync(site);
if (!hasSite && process.env.CI !== 'true') {
  console.warn('The documentation was not built as a site, so its tests are skipped: npm run docs:site');
}

const read = (file: string) => readFileSync(new URL(file, site), 'utf8');

/** The links and pictures of the site that lead to no file of it, or to no place in one. */
function deadLinks(): string[] {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' });
  const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, read(file)]));
  return [...pages].flatMap(([file, html]) => {
    const links = [...html.matchAll(/<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]+)"/g)].map(
      ([, link = '']) => link,
    );
    return links
      .filter((link) => {
        const url = new URL(link, `http://site/docs/${file}`);
        if (url.origin !== 'http://site') return false;
        const path = decodeURIComponent(url.pathname).replace(/^\/docs\//, '');
        const target = path === '' ? 'index.html' : path;
        if (!url.pathname.startsWith('/docs/') || !existsSync(new URL(target, site))) return true;
        const id = decodeURIComponent(url.hash.slice(1));
        return id !== '' && !pages.get(target)?.includes(`id="${id}"`);
      })
      .map((link) => `${file}: ${link}`);
  });
}

describeInChromium('The documentation as a site', (browser) => {
  it.skipIf(!hasSite && process.env.CI !== 'true')('has no link that leads nowhere', () => {
    expect(deadLinks()).toEqual([]);
  });

  it.skipIf(!hasSite && process.env.CI !== 'true')(
    'is at /docs, leads to a call in a page, finds words, has two themes, and needs no other origin',
    async () => {
      const { url } = await startServer();
      const context = await browser().newContext({ colorScheme: 'light' });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (new URL(request.url()).origin !== new URL(url).origin) problems.push(request.url());
      });

      await page.goto(new URL('docs', url).href);
      await page.getByRole('link', { name: 'Embed a call' }).click();
      await page.getByRole('heading', { level: 1, name: 'A call in a page of yours' }).waitFor();
      await page.getByRole('button', { name: 'Search' }).first().click();
      await page.getByRole('searchbox').fill('useMeshEvent');
      await page.getByRole('option').first().click();
      await page.getByRole('heading', { level: 1, name: /React/ }).waitFor();

      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await background();
      await page
        .getByRole('switch', { name: /dark theme/i })
        .first()
        .click();
      await expect.poll(background, { timeout: 30_000 }).not.toBe(light);
      // A page that is loaded anew, with its script, its colours of code and its theme.
      await page.goto(new URL('docs/guide/join.html', url).href);
      await page.getByRole('heading', { level: 1, name: 'Join' }).waitFor();
      expect(await background()).not.toBe(light);
      const isColoured = await page
        .locator('.language-html code')
        .first()
        .evaluate((code) => {
          const plain = getComputedStyle(document.body).color;
          return [...code.querySelectorAll('span[style]')].some((word) => getComputedStyle(word).color !== plain);
        });
      expect(isColoured).toBe(true);
      expect(problems).toEqual([]);
    },
  );

  it.skipIf(!hasSite && process.env.CI !== 'true')('holds no address of another origin that a page would load', () => {
    const files = readdirSync(fileURLToPath(site), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((each) => each.endsWith('.html'))) {
      expect(read(file), file).not.toMatch(/<(?:link|script|img)[^>]*(?:src|href)="https?:/);
    }
  });
});
