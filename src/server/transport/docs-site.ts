import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Env, Hono, MiddlewareHandler } from 'hono';
import type { BlankSchema } from 'hono/types';
import { packageRoot } from '../../version.ts';

/** The documentation as a site, which `npm run docs:site` builds. Without it there is none. */
const siteRoot = fileURLToPath(new URL('dist/site', packageRoot));
const hasSite = existsSync(`${siteRoot}/index.html`);

/** Cache-Control of files whose name holds a hash of their content: a year, in seconds. */
const FOREVER = 'public, max-age=31536000, immutable';

/** Allows the documents of the site what they need besides the rest: the colours of code stand beside each word of it. */
export const docsPolicy: MiddlewareHandler = async (context, next) => {
  await next();
  const policy = context.res.headers.get('Content-Security-Policy') ?? '';
  context.header('Content-Security-Policy', `${policy}; style-src-attr 'unsafe-inline'`);
};

/**
 * Shows the documentation at `/docs`, if it was built.
 * @param basePath the path that all routes begin with
 */
export function serveDocs<Any extends Env>(app: Hono<Any, BlankSchema, string>, basePath: string): void {
  if (!hasSite) return;
  // Relative, because a proxy may strip the beginning of the path.
  app.get('/docs', (context) => context.redirect('docs/', 308));
  app.get(
    '/docs/*',
    serveStatic<Any>({
      root: siteRoot,
      rewriteRequestPath: (path) => path.slice(`${basePath}docs`.length),
      onFound: (path, context) => {
        context.header('Cache-Control', path.includes('/assets/') ? FOREVER : 'no-cache');
      },
    }),
  );
}
