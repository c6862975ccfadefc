import { cached, type Lease } from './cached.ts';
import { type IceProvider, IceUnavailable, isStunUrl, toIceServers, usableIceServers } from './provider.ts';
import { explain } from './twilio-errors.ts';

/** @see twilioProvider */
export interface TwilioOptions {
  /** The account's SID; it begins with AC. */
  accountSid: string;
  authToken: string;
  /** How long credentials shall be good for, in seconds. Twilio gives at most 24 hours. */
  ttlSeconds: number;
  /** The longest that a request may take in all, in milliseconds. */
  timeoutMs: number;
  /** Where the API is, if not at https://api.twilio.com: a gateway or a region of its own. The token is sent there. */
  apiUrl?: string | undefined;
  /** Certificates in PEM to trust instead of the public ones. */
  ca?: string | undefined;
  /** Empty or left out: Twilio's own, which asks for no credentials. */
  stunUrls?: readonly string[] | undefined;
  /** The time in milliseconds since 1970. */
  now?: (() => number) | undefined;
  /** Gets a sentence for the operator when a part of Twilio's answer cannot be used. */
  warn?: ((sentence: string) => void) | undefined;
}

const MAX_MARGIN_MS = 60 * 60 * 1000;

/**
 * Twilio's Network Traversal Service. All seats share one set of credentials, which is fetched when the
 * first one needs it and renewed an hour before it expires (or a tenth of its life, if that is less).
 *
 * Where Twilio refuses, seats get no servers at all: calls which work for some and silently not for
 * others are harder to find than an error that names the problem.
 *
 * @throws TypeError when `apiUrl` is no URL
 */
export function twilioProvider(options: TwilioOptions): IceProvider {
  const { ttlSeconds, now = Date.now } = options;
  const api = new URL(options.apiUrl ?? 'https://api.twilio.com');
  const stunUrls = options.stunUrls?.length ? options.stunUrls : ['stun:global.stun.twilio.com:3478'];
  const marginMs = Math.min(MAX_MARGIN_MS, (ttlSeconds * 1000) / 10);
  const servers = cached(() => fetchLease(options, api, now), { now, marginMs });
  return { stun: () => toIceServers([{ urls: stunUrls }]), servers: () => servers() };
}

async function fetchLease(options: TwilioOptions, api: URL, now: () => number): Promise<Lease> {
  const { ttlSeconds, timeoutMs, warn = () => {} } = options;
  // Counted from before the request, so that they are never thought valid for longer than they are.
  const start = now();
  try {
    const client = await connect(options, api);
    const token = await client.tokens.create({ ttl: ttlSeconds });
    const { servers, problems } = usableIceServers(token.iceServers ?? []);
    const [problem] = problems;
    if (servers.every((server) => isStunUrl(server.url))) {
      const why = problem === undefined ? '' : ` that browsers take: ${problem}`;
      throw new IceUnavailable(`The answer from ${api.host} holds no TURN servers${why}.`);
    }
    if (problem !== undefined)
      warn(`Browsers do not take all that ${api.host} answered, so that is left out: ${problem}.`);
    return { servers, expiresAt: start + (Number(token.ttl) || ttlSeconds) * 1000 };
  } catch (error) {
    if (error instanceof IceUnavailable) throw error;
    throw new IceUnavailable(explain(error, { host: api.host, timeoutMs }));
  }
}

/** A client of its own for each request: there is about one a day, and nothing has to be kept open between them. */
async function connect({ accountSid, authToken, timeoutMs, ca }: TwilioOptions, api: URL) {
  if (!/^AC\w+$/.test(accountSid)) {
    throw new IceUnavailable('TWILIO_ACCOUNT_SID is not the SID of an account: that is AC and 32 digits.');
  }
  // Loaded only now: the package costs 200 ms and 20 MB, and most servers never need it.
  const { default: twilio } = await import('twilio');
  const httpClient = new twilio.RequestClient({
    timeout: timeoutMs,
    keepAlive: false,
    autoRetry: false,
    ...(ca !== undefined && { ca }),
  });
  httpClient.axios.interceptors.request.use((config) => ({
    ...config,
    url: redirect(config.url ?? '', api),
    // The package's own timeout measures silence: an answer that trickles in would never meet it.
    signal: AbortSignal.timeout(timeoutMs),
  }));
  return twilio(accountSid, authToken, { httpClient });
}

/** The package builds all addresses upon api.twilio.com and has no setting for another. */
function redirect(url: string, api: URL): string {
  const { pathname, search } = new URL(url);
  return api.origin + api.pathname.replace(/\/+$/, '') + pathname + search;
}
