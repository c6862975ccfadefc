import { credentialProblem, readIceUrl } from '../config/ice-urls.ts';

/** One entry as browsers take it: RTCIceServer with `urls`, and `url` beside it for old clients. */
export interface IceServer {
  urls: string;
  url: string;
  username?: string;
  credential?: string;
}

/** A source of STUN and TURN servers. */
export interface IceProvider {
  /** STUN servers only, which anybody may have. Never fails. */
  stun(): IceServer[];

  /**
   * The servers for a seat, TURN credentials included.
   *
   * @throws IceUnavailable
   */
  servers(attendeeId: string): Promise<IceServer[]>;
}

/**
 * The provider has no credentials right now. The message is a sentence for the operator that names the problem; it is
 * meant for logs, never for clients, and never holds a secret.
 *
 * It carries no `cause` on purpose: the errors of HTTP clients hold the request, and with it its
 * Authorization header, which a logger would write down.
 */
export class IceUnavailable extends Error {
  override name = 'IceUnavailable';
}

/** An entry in any of the shapes that services and people write: several URLs, one, or the former name `url`. */
export interface IceServerEntry {
  urls?: string | readonly string[] | undefined;
  url?: string | undefined;
  username?: string | undefined;
  credential?: string | undefined;
}

/**
 * One entry per URL: `url`, which old clients read, cannot hold a list. An entry without URLs yields none.
 *
 * A STUN address never carries credentials, even where an entry lists it together with a relay: anybody may have STUN
 * addresses, and would get the credentials with them.
 */
export function toIceServers(entries: readonly IceServerEntry[]): IceServer[] {
  return entries.flatMap((entry) =>
    [entry.urls ?? entry.url ?? []].flat().map((url) => {
      const server: IceServer = { urls: url, url };
      if (isStunUrl(url)) return server;
      if (entry.username !== undefined) server.username = entry.username;
      if (entry.credential !== undefined) server.credential = entry.credential;
      return server;
    }),
  );
}

/**
 * Parts the entries that a service answered. RTCPeerConnection throws at a whole configuration because of one entry that it
 * does not take: without that entry calls work.
 * @returns the usable servers, and the problem of each other one, without anything that the service wrote
 */
export function usableIceServers(entries: readonly IceServerEntry[]): { servers: IceServer[]; problems: string[] } {
  const servers: IceServer[] = [];
  const problems: string[] = [];
  for (const [index, entry] of toIceServers(entries).entries()) {
    const url = readIceUrl(String(entry.url));
    const problem = typeof url === 'string' ? url : url.isTurn ? credentialProblem(entry) : null;
    if (problem !== null) problems.push(`address ${index + 1} ${problem}`);
    else if (typeof url !== 'string') servers.push({ ...entry, urls: url.url, url: url.url });
  }
  return { servers, problems };
}

/** Is it a STUN server's address (RFC 7064)? These need no credentials, so anybody may have them. */
export function isStunUrl(url: string): boolean {
  return /^stuns?:/i.test(url);
}
