import { defineConfig, type Plugin } from 'vite';
import { version } from './src/version.ts';
import { licenses } from './vite.licenses.ts';

// Vite puts variables of this prefix into index.html.
process.env.VITE_VERSION = version;

/** Says in development what the server says otherwise: who can sign in (`USERS`), and whether calls can be recorded. */
const said: Plugin = {
  name: 'said-by-the-server',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html
      .replace('name="sign-in" content=""', `name="sign-in" content="${process.env.USERS ?? 'open'}"`)
      .replace('name="recordings" content=""', `name="recordings" content="${process.env.RECORDINGS_DIR ? 'on' : ''}"`),
};

/** Builds the page. Everything in it is relative, so it works under any path. */
export default defineConfig({
  root: 'src/page',
  base: './',
  plugins: [said, licenses('page-licenses.txt', ['@fontsource-variable/inter'])],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    sourcemap: true,
    target: 'es2022',
    // Fonts and icons stay files: the content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    // One file holds the page; only the words of other languages, and what records, are in files of their own.
    modulePreload: false,
  },
  server: {
    proxy: { '/socket.io': { target: 'http://localhost:9090', ws: true }, '/uploads': 'http://localhost:9090' },
  },
});
