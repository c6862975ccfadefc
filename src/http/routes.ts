import { Hono } from 'hono';
import { NONCE, secureHeaders } from 'hono/secure-headers';
import { version } from '../version.ts';
import { statusPage } from './status-page.ts';

/** What the server answers to plain HTTP requests; Socket.IO takes its own path before. */
export function routes() {
  const app = new Hono<{ Variables: { secureHeadersNonce?: string } }>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [NONCE],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: 'no-referrer',
      // Over plain HTTP browsers ignore it, and behind a proxy it is the proxy's to say.
      strictTransportSecurity: false,
    }),
  );
  app.get('/', (context) => {
    const { protocol, host } = new URL(context.req.url);
    // Only shown, never believed: behind a proxy that speaks HTTPS the page should say so.
    const url = `${context.req.header('X-Forwarded-Proto') === 'https' ? 'https:' : protocol}//${host}`;
    return context.html(statusPage({ url, styleNonce: context.get('secureHeadersNonce') ?? '' }));
  });
  app.get('/healthz', (context) => context.json({ status: 'ok', version }, 200, { 'Cache-Control': 'no-store' }));
  app.notFound((context) => context.text('There is nothing here. The server itself is at /.\n', 404));
  return app;
}
