import { type Answer, fetchedProvider } from './fetched.ts';
import { type IceProvider, IceUnavailable } from './provider.ts';
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
  /** The time in ms, by a clock that never steps (`steadyClock`). */
  now: () => number;
  /** Gets a sentence for the operator when a part of Twilio's answer cannot be used. */
  warn?: ((sentence: string) => void) | undefined;
}

/**
 * Twilio's Network Traversal Service.
 * @throws TypeError when `apiUrl` is no URL
 */
export function twilioProvider(options: TwilioOptions): IceProvider {
  const { timeoutMs, now, warn = () => {} } = options;
  const api = new URL(options.apiUrl ?? 'https://api.twilio.com');
  const { host } = api;
  return fetchedProvider({
    ask: () => ask(options, api),
    explain: (error) => explain(error, { host, timeoutMs }),
    host,
    stunUrls: options.stunUrls?.length ? options.stunUrls : ['stun:global.stun.twilio.com:3478'],
    now,
    warn,
  });
}

async function ask(options: TwilioOptions, api: URL): Promise<Answer> {
  const { ttlSeconds } = options;
  const client = await connect(options, api);
  const token = await client.tokens.create({ ttl: ttlSeconds });
  return { entries: token.iceServers ?? [], ttlSeconds: Number(token.ttl) || ttlSeconds };
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
