/** The address of a STUN or TURN server, in the form that every browser takes. */
export interface IceUrl {
  readonly url: string;
  /** Whether it is a relay, which needs credentials. */
  readonly isTurn: boolean;
}

const FORM = /^(?<scheme>[a-z]+):(?<host>\[[^\]]*\]|[^:[\]/\\?#@\s]*)(?::(?<port>[^?]*))?(?:\?(?<query>.*))?$/is;

/** USERNAME has fewer than 509 bytes (RFC 8489, 14.3). */
const LONGEST_USERNAME = 508;

/**
 * Reads an address as RFC 7064 (`stun:`, `stuns:`) and RFC 7065 (`turn:`, `turns:`) write it, and puts it into the plainest
 * form: RTCPeerConnection throws at a whole configuration because of one URL that it does not take.
 * @returns the address; or its problem, in words that go on after the URL
 */
export function readIceUrl(text: string): IceUrl | string {
  const { scheme = '', host = '', port, query } = FORM.exec(text)?.groups ?? {};
  const isTurn = /^turns?$/i.test(scheme);
  if (text.includes('@')) return 'must have no user name: credentials have a place of their own';
  if (/^(?:stun|turn)s?:\/\//i.test(text)) return 'must have no slashes after its first colon';
  if (!isTurn && !/^stuns?$/i.test(scheme)) return 'must be a host after stun:, stuns:, turn: or turns:';
  const name = canonicalHost(host);
  if (name === null) return 'has no right host; an IPv6 address needs brackets';
  if (port !== undefined && !isPort(port)) return 'has no right port: it must be 1 to 65535';
  const [, transport] = /^transport=(udp|tcp)$/i.exec(query ?? '') ?? [];
  if (query !== undefined && !isTurn) return 'must have nothing after the port';
  if (query !== undefined && transport === undefined) return 'may end in ?transport=udp or ?transport=tcp alone';
  const end = transport === undefined ? '' : `?transport=${transport.toLowerCase()}`;
  return { url: `${scheme.toLowerCase()}:${name}${port === undefined ? '' : `:${Number(port)}`}${end}`, isTurn };
}

/** A host as DNS and browsers know it, with names in other alphabets as RFC 5891 encodes them; null where it is none. */
function canonicalHost(host: string): string | null {
  const isName = host !== '' && !/^\.|\.\./.test(host);
  return isName && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : null;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** What a relay asks for. A service may answer something else than text. */
interface Credentials {
  readonly username?: unknown;
  readonly credential?: unknown;
}

/** Why RTCPeerConnection would not take these credentials of a relay, in words that go on after its URL; or null. */
export function credentialProblem({ username, credential }: Credentials): string | null {
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  if (!isText(username) || !isText(credential)) return 'is a relay and needs both username and credential';
  if (new TextEncoder().encode(String(username)).length > LONGEST_USERNAME) {
    return `has a username of more than ${LONGEST_USERNAME} bytes`;
  }
  return null;
}
