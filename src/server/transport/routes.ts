import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { HttpBindings } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';
import { NONCE, secureHeaders } from 'hono/secure-headers';
import { packageRoot, version } from '../../version.ts';
import { docsPolicy, serveDocs } from './docs-site.ts';
import { statusPage } from './status-page.ts';

type Variables = { secureHeadersNonce?: string };

/** Cache-Control of files whose name holds a hash of their content: a year, in seconds. */
const FOREVER = 'public, max-age=31536000, immutable';

/** The built page. In a clone that nobody has built there is none. */
const pageRoot = fileURLToPath(new URL('dist/page', packageRoot));
const hasPage = existsSync(`${pageRoot}/index.html`);

/** The screens of the page that have a path of their own, in the folder of the page, so that its relative URLs hold there too. */
const screens = ['phone', 'consultations', 'inbox'];

/** What the page says of this server. */
interface PageConfig {
  /** Who can sign in: users of an open directory, those for whom a host system signs, or nobody (null). */
  readonly users: { readonly kind: 'open' | 'tokens' } | null;
  /** The exact origins whose pages may hold the page in a frame. */
  readonly embedOrigins: readonly string[];
}

/**
 * The routes of plain HTTP requests. Socket.IO takes its own path before.
 * @param basePath the path that all routes begin with: `/`, or `/calls/` behind a proxy that keeps the whole path
 * @param config what the page has to know before anybody signs in
 * @param isReady whether newcomers can be served; a server that is not ready lives nevertheless
 * @param uploads answers the requests of uploads; null where nobody can record
 * @param api answers the requests of the REST API, whose path it gets without its beginning; null where there is no API
 */
export function routes(
  basePath: string,
  { users, embedOrigins }: PageConfig,
  isReady: () => boolean,
  uploads: ((request: Request, incoming: IncomingMessage) => Promise<Response>) | null,
  api: ((request: Request) => Response | Promise<Response>) | null,
) {
  const whole = new Hono<{ Bindings: HttpBindings; Variables: Variables }>();
  const app = whole.basePath(basePath);
  // Everything in the page is relative, so it has to be asked for with the slash.
  if (basePath !== '/') whole.get(basePath.slice(0, -1), (context) => context.redirect(basePath, 308));
  // What these hand out is no page, whatever is in it.
  for (const path of ['/api/v1/*', '/uploads/*']) {
    app.use(path, async (context, next) => {
      await next();
      context.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
    });
  }
  // The one document that others may hold in a frame. All others stay closed to them, the page for operators above all.
  app.use('/embed', async (context, next) => {
    await next();
    const policy = context.res.headers.get('Content-Security-Policy') ?? '';
    if (embedOrigins.length === 0) return;
    context.header(
      'Content-Security-Policy',
      policy.replace("frame-ancestors 'none'", `frame-ancestors ${embedOrigins.join(' ')}`),
    );
    // It has no form for origins, and some browsers obey it beside the policy.
    context.header('X-Frame-Options', undefined);
  });
  app.use('/docs/*', docsPolicy);
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", NONCE],
        imgSrc: ["'self'", 'data:', 'https:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        mediaSrc: ["'self'", 'blob:'],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      permissionsPolicy: { camera: ['self'], microphone: ['self'], displayCapture: ['self'] },
      referrerPolicy: 'no-referrer',
      // Over plain HTTP browsers ignore it, and behind a proxy it is the proxy's to say.
      strictTransportSecurity: false,
    }),
  );
  app.get('/healthz', (context) => context.json({ status: 'ok', version }, 200, { 'Cache-Control': 'no-store' }));
  app.get('/readyz', (context) => {
    const ready = isReady();
    return context.json({ status: ready ? 'ok' : 'unavailable' }, ready ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
  if (uploads) app.all('/uploads/*', ({ req, env }) => uploads(req.raw, env.incoming));
  if (api) app.mount('/api/v1', api);
  serveDocs(app, basePath);
  const showStatus = status(basePath);
  app.get('/status', showStatus);
  if (hasPage) {
    // The client library is for pages of other origins too; it holds nothing that is not public.
    for (const library of ['/client.js', '/embed.js', '/recorder.js']) {
      app.use(library, async (context, next) => {
        await next();
        context.header('Access-Control-Allow-Origin', '*');
        context.header('Cross-Origin-Resource-Policy', 'cross-origin');
      });
    }
    const files = serveStatic<{ Variables: Variables }>({
      root: pageRoot,
      rewriteRequestPath: (path) => path.slice(basePath.length - 1),
      onFound: (path, context) => {
        context.header('Cache-Control', path.includes('/assets/') ? FOREVER : 'no-cache');
      },
    });
    // Relative, because a proxy may strip the beginning of the path.
    app.get('/admin', (context) => (api ? context.redirect('admin/', 308) : context.notFound()));
    if (!api) app.all('/admin/*', (context) => context.notFound());
    const said = { 'sign-in': users?.kind ?? '', recordings: uploads ? 'on' : '' };
    const html = pageFor(said);
    const show = (context: Context) => context.html(html, 200, { 'Cache-Control': 'no-cache' });
    if (embedOrigins.length > 0) {
      const framed = pageFor({ ...said, 'embed-origins': embedOrigins.join(' ') });
      app.get('/embed', (context) => context.html(framed, 200, { 'Cache-Control': 'no-cache' }));
    }
    for (const path of ['/', '/index.html', ...screens.map((screen) => `/${screen}`)]) app.get(path, show);
    for (const screen of screens) app.get(`/${screen}/`, (context) => context.redirect(`../${screen}`, 308));
    app.get('/*', files);
  } else app.get('/', showStatus);
  whole.notFound((context) => context.text(`There is nothing here. The server itself is at ${basePath}\n`, 404));
  return whole;
}

/** The document of the page, with what this server says of itself in its `meta` elements. */
function pageFor(said: Readonly<Record<string, string>>): string {
  const built = readFileSync(`${pageRoot}/index.html`, 'utf8');
  return Object.entries(said).reduce(
    (html, [name, content]) =>
      html.replace(`<meta name="${name}" content="">`, `<meta name="${name}" content="${content}">`),
    built,
  );
}

function status(basePath: string) {
  return (context: Context<{ Variables: Variables }>) => {
    const { protocol, host } = new URL(context.req.url);
    // The page only shows this URL, and nothing trusts it. Behind a proxy that speaks HTTPS it has to be https.
    const url = `${context.req.header('X-Forwarded-Proto') === 'https' ? 'https:' : protocol}//${host}`;
    return context.html(statusPage({ url, basePath, styleNonce: context.get('secureHeadersNonce') ?? '' }));
  };
}
