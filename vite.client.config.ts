import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { licenses } from './vite.licenses.ts';

/** The client library as one module, for pages without a bundler; the server hands it out as /client.js. */
export default defineConfig({
  publicDir: false,
  plugins: [licenses('client-licenses.txt')],
  build: {
    outDir: 'dist/page',
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    modulePreload: false,
    // Vite's mode for libraries would leave comments and spaces in.
    rollupOptions: {
      input: fileURLToPath(new URL('src/client/mesh-client.ts', import.meta.url)),
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'client.js' },
    },
  },
});
