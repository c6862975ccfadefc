import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';

/**
 * Builds a library of the browser as one module, for pages without a bundler; the server hands it out.
 * Vite's mode for libraries would leave comments and spaces in.
 * @param source its entry, beneath the project's folder
 * @param fileName its name on the server
 */
export function browserModule(source: string, fileName: string): UserConfig {
  return {
    publicDir: false,
    build: {
      outDir: 'dist/page',
      emptyOutDir: false,
      target: 'es2022',
      sourcemap: true,
      modulePreload: false,
      rollupOptions: {
        input: fileURLToPath(new URL(source, import.meta.url)),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: fileName },
      },
    },
  };
}
