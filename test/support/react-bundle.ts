import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The versions of React with which `mesh-workspaces/react` works. */
export const reacts = [18, 19] as const;

/**
 * Bundles a program of the tests with one version of React, in its form for development, where StrictMode does everything twice.
 * @param file beneath test/
 * @param form a script for browsers; or a module for Node, which has only React in it
 */
export async function reactBundle(
  react: (typeof reacts)[number],
  file: string,
  form: 'script' | 'module',
): Promise<string> {
  const entry = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    mode: 'development',
    esbuild: { jsx: 'automatic', jsxImportSource: 'react' },
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: { alias: react === 19 ? [] : [{ find: /^(react|react-dom)(?=$|\/)/, replacement: '$118' }] },
    ssr: { noExternal: [/^react/] },
    build: {
      write: false,
      minify: false,
      ...(form === 'module'
        ? { ssr: entry }
        : { lib: { entry, formats: ['iife'], name: 'app' }, rollupOptions: { onwarn: () => {} } }),
    },
  });
  const [output] = [result].flat();
  if (!output || !('output' in output)) throw new Error(`${file} was not bundled`);
  return output.output[0].code;
}
