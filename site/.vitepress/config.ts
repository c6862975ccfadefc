import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';

/** The groups of pages, which scripts/site.ts has written: `text` and `link` of each. */
const sidebar = JSON.parse(readFileSync(new URL('../pages/navigation.json', import.meta.url), 'utf8'));

export default defineConfig({
  srcDir: 'pages',
  outDir: '../dist/site',
  base: process.env.SITE_BASE ?? '/docs/',
  lang: 'en',
  title: 'mesh-workspaces',
  description: 'Signaling server for WebRTC mesh calls: how to use it, and all of its interfaces',
  // Those are servers that readers start.
  ignoreDeadLinks: 'localhostLinks',
  // Then no page holds it as a script of its own.
  metaChunk: true,
  // The library would put a style of its own into the page for a moment, which the policy forbids.
  appearance: { disableTransition: false },
  markdown: {
    // As GitHub makes them: links to headings hold there and here.
    anchor: {
      slugify: (heading) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, '')
          .replaceAll(' ', '-'),
    },
    languageAlias: { caddyfile: 'txt' },
  },
  themeConfig: {
    nav: [
      { text: 'Embed', link: '/embed' },
      { text: 'React', link: '/react' },
      { text: 'Guide', link: '/guide/join' },
      { text: 'Reference', link: '/client' },
      { text: 'Running it', link: '/deployment' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  /** Scripts become files of their own, so that a content security policy needs to allow no script in a page. */
  transformHtml: (html, _, { siteConfig }) =>
    html.replace(/<script id="[\w-]+">([\s\S]*?)<\/script>/g, (_script, code: string) => {
      const name = `assets/${createHash('sha256').update(code).digest('hex').slice(0, 12)}.js`;
      const file = join(siteConfig.outDir, name);
      if (!existsSync(file)) writeFileSync(file, code);
      return `<script src="${siteConfig.site.base}${name}"></script>`;
    }),
});
