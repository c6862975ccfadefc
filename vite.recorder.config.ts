import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The recorder as one module, for pages without a bundler; the server hands it out as /recorder.js. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'dist/page',
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    modulePreload: false,
    rollupOptions: {
      input: fileURLToPath(new URL('src/recorder/recorder.ts', import.meta.url)),
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'recorder.js' },
    },
  },
});
