import { fileURLToPath } from 'node:url';
import { createServer, type Plugin } from 'vite';

/** The examples: folders here, each with an index.html. */
export const examples = ['page', 'phone', 'react'] as const;
export type Example = (typeof examples)[number];

/** Where the examples think that the server is. */
const SERVER = 'http://localhost:9090';

const ours = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));

/**
 * Serves an example at http://localhost:<port>, as Vite does in development.
 * @param server the URL of the server whose calls it shows
 * @returns a function that ends it
 */
export async function serveExample(name: Example, port: number, server: string): Promise<() => Promise<void>> {
  const elsewhere: Plugin = {
    name: 'elsewhere',
    enforce: 'pre',
    transform: (code) => code.replaceAll(SERVER, server),
    transformIndexHtml: { order: 'pre', handler: (html) => html.replaceAll(SERVER, server) },
  };
  const vite = await createServer({
    configFile: false,
    root: fileURLToPath(new URL(name, import.meta.url)),
    // Two examples may run at a time.
    cacheDir: fileURLToPath(new URL(`../node_modules/.cache/examples/${name}`, import.meta.url)),
    logLevel: 'warn',
    plugins: [elsewhere],
    esbuild: { jsx: 'automatic', jsxImportSource: 'react' },
    // An application of its own takes these from the package.
    resolve: { alias: { 'mesh-workspaces/react': ours('react/react.ts') } },
    server: { port, strictPort: true, host: 'localhost' },
  });
  await vite.listen();
  return () => vite.close();
}
