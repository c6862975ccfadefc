/** The place of a server, as Socket.IO takes it. */
export interface ServerAddress {
  /** Scheme (http or https), host and port. */
  readonly origin: string;
  /** The path of Socket.IO there. */
  readonly path: string;
}

/** The scheme of the first request, for each scheme that a server may be named with. */
const schemes: Partial<Record<string, string>> = {
  'http:': 'http:',
  'https:': 'https:',
  'ws:': 'http:',
  'wss:': 'https:',
};

/** A URL with its scheme, or one that leads on from the URL of the page. */
const PLAIN = /^([a-z][a-z\d+.-]*:\/\/|\.{0,2}\/)/i;

/**
 * Reads the options `url` and `path` of a client.
 * @param url of the server, and of the page there if it has a path; undefined: the origin of this page. The fragment is
 *   of no meaning to a server and is ignored, so an invitation link will do.
 * @param path of Socket.IO on the server; undefined or '': `socket.io` below the path of the URL
 * @param page the URL of this page; undefined outside of a page
 * @throws TypeError with a sentence for the author of the host application, which repeats nothing of the options
 */
export function serverAddress(url: unknown, path: unknown, page: string | undefined): ServerAddress {
  const server = url === undefined ? originOf(page) : parse(url, page);
  const scheme = schemes[server.protocol];
  if (!scheme) throw wrong('`url` must begin with https:// or http://.');
  if (server.username !== '' || server.password !== '') throw wrong('`url` must hold no user name and no password.');
  if (server.search !== '') throw wrong('`url` must hold no query.');
  return { origin: `${scheme}//${server.host}`, path: pathOf(path) ?? `${folderOf(server)}/socket.io` };
}

function pathOf(path: unknown): string | null {
  if (path === undefined || path === '') return null;
  if (typeof path !== 'string' || /[?#\s]/.test(path)) throw wrong('`path` must be the path of Socket.IO alone.');
  return path.replace(/^\/*/, '/');
}

/** The path without a file of the page, and without a slash at its end. */
function folderOf({ pathname }: URL): string {
  return pathname.replace(/\/[^/]*\.html?$/i, '').replace(/\/+$/, '');
}

/** @throws TypeError where the page comes from a file, an app or a sandbox, whose origin is no server */
function originOf(page: string | undefined): URL {
  const origin = page === undefined ? 'null' : new URL(page).origin;
  if (origin === 'null') throw wrong('this page comes from no server, so `url` must name one.');
  return new URL(origin);
}

function parse(url: unknown, page: string | undefined): URL {
  if (typeof url !== 'string' && !(url instanceof URL)) throw wrong('`url` must be a text.');
  const text = String(url).trim();
  // Parsed as it is, 'localhost:9090' has the scheme localhost:, and 'example.com/calls' is a folder beside the page.
  if (!PLAIN.test(text)) {
    throw wrong('`url` needs a scheme, as in https://calls.example.com, or a slash at its beginning.');
  }
  try {
    return new URL(text, page);
  } catch {
    throw wrong('`url` is no valid URL.');
  }
}

function wrong(sentence: string): TypeError {
  return new TypeError(`MeshClient: ${sentence}`);
}
