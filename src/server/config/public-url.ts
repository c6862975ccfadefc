import { ConfigError, type Environment } from './environment.ts';
import type { Settings } from './settings.ts';

/**
 * Reads the URL at which people open the page. A path in it is that of a proxy; base_path follows unless it is its end
 * already.
 * @param isNeeded whether there is something that makes links, and the server cannot guess its URL
 * @returns the URL of the page, with a slash at its end; null where none is given
 * @throws ConfigError where it is missing or wrong
 */
export function readPublicUrl(env: Environment, { base_path }: Settings, isNeeded: boolean): string | null {
  const text = env.PUBLIC_URL?.trim();
  if (!text) {
    if (!isNeeded) return null;
    throw new ConfigError(
      'PUBLIC_URL is missing, and the links that API_KEYS can make need it: the URL of the page, such as https://meet.example.com.',
    );
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text) && url.hostname !== '';
  if (!url || !isPlain) {
    // It may hold a password.
    throw new ConfigError(
      'PUBLIC_URL must be an https or http URL without user, query and fragment, such as https://meet.example.com.',
    );
  }
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return `${url.origin}${path.endsWith(base_path) ? path : `${path.slice(0, -1)}${base_path}`}`;
}
