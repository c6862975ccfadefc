import { ConfigError, type Environment, list } from './environment.ts';

/** The origin that local files have in Electron, in Android's WebView, and for WebSockets in Chromium. */
const LOCAL_FILES = 'file://';

/**
 * Reads the origins of the pages that may connect, in the form in which browsers send them (RFC 6454, 6.2). Apps have origins
 * with schemes of their own, such as capacitor://localhost and chrome-extension://<id>.
 * @param warnings gets a sentence for the operator where more pages may connect than it seems
 * @returns null: any origin on this machine
 * @throws ConfigError where none is given and others are served, or one is no exact origin
 */
export function readOrigins(env: Environment, development: boolean, warnings: string[]): string[] | null {
  const given = list(env.CORS_ORIGINS);
  if (given.length === 0) {
    if (development) return null;
    throw new ConfigError(
      'CORS_ORIGINS is missing. Name the pages that may connect, parted by commas: https://meet.example.com',
    );
  }
  const origins = [...new Set(given.map(readOrigin))];
  if (origins.includes(LOCAL_FILES)) {
    warnings.push(
      'CORS_ORIGINS holds file://: any local file that somebody opens in an app or in Chromium may connect.',
    );
  }
  return origins;
}

/**
 * Reads the origins of the pages that may hold the page in a frame, for the content security policy (CSP 3, frame-ancestors).
 * @returns none: nobody may
 * @throws ConfigError where one is no exact origin of a page on the web, or one that the policy cannot hold
 */
export function readEmbedOrigins(env: Environment): string[] {
  return [...new Set(list(env.EMBED_ORIGINS).map(readEmbedOrigin))];
}

function readEmbedOrigin(text: string): string {
  const { origin, href, hostname } = URL.canParse(text) ? new URL(text) : new URL('about:blank');
  const isExact = /^https?:\/\/[^/?#@\\\s*;,'"]+\/?$/i.test(text) && href === `${origin}/`;
  // The policy has no form for addresses of IPv6.
  if (isExact && !hostname.startsWith('[')) return origin;
  throw new ConfigError(
    `EMBED_ORIGINS must hold exact origins of pages, such as https://www.example.com, and no address of IPv6. It holds '${text}'.`,
  );
}

function readOrigin(text: string): string {
  if (/^file:\/\/\/?$/i.test(text)) return LOCAL_FILES;
  const [, scheme = '', authority = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/?#@\\\s]+)\/?$/i.exec(text) ?? [];
  // A wildcard parses as a host name, but no browser ever sends it.
  const isHost = authority !== '' && !authority.includes('*') && URL.canParse(`https://${authority}`);
  const problem = problemOf(text, scheme.toLowerCase());
  if (!isHost || problem !== null) {
    throw new ConfigError(
      `CORS_ORIGINS must hold exact origins, such as https://meet.example.com. It holds '${text}'${problem ?? ''}.`,
    );
  }
  if (/^https?$/i.test(scheme)) return new URL(text).origin;
  // Other schemes have no default port, so the one of http must not be taken for one.
  const [, port = ''] = /:(\d+)$/.exec(authority) ?? [];
  return `${scheme.toLowerCase()}://${new URL(`https://${authority}`).hostname}${port === '' ? '' : `:${Number(port)}`}`;
}

/** Why no page has this origin, or too many have it, in words that go on after it; null where neither is known. */
function problemOf(text: string, scheme: string): string | null {
  if (text === 'null') return ', which is the origin of every page in a sandbox and of most local files';
  if (scheme === 'ws' || scheme === 'wss') return `: take the page's own, http${scheme.slice(2)}://`;
  if (/^(?:about|blob|data|file|ftp|javascript)$/.test(scheme)) return ', and no page has such an origin';
  return null;
}
