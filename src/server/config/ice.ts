import { z } from 'zod';
import { ConfigError, type Environment, list, needed } from './environment.ts';
import { credentialProblem, type IceUrl, readIceUrl } from './ice-urls.ts';
import type { Settings } from './settings.ts';

export type IceConfig =
  | { provider: 'google'; stunUrls: string[] }
  | { provider: 'twilio'; accountSid: string; authToken: string; apiUrl: string; stunUrls: string[] }
  | { provider: 'coturn'; urls: string[]; secret: string; stunUrls: string[] }
  | { provider: 'static'; servers: StaticIceServer[]; stunUrls: string[] };

const staticIceServer = z.object({
  urls: z.union([z.string(), z.array(z.string()).min(1)]),
  username: z.string().optional(),
  credential: z.string().optional(),
  // The only one that browsers still know.
  credentialType: z.literal('password').optional(),
});
type StaticIceServer = Omit<z.output<typeof staticIceServer>, 'credentialType'>;

function readStaticServers(text: string): StaticIceServer[] {
  const help = `ICE_SERVERS must be a JSON array of RTCIceServer entries, such as [{"urls":"stun:stun.example.com:3478"}].`;
  const servers = z.array(z.unknown()).min(1).safeParse(parsed(text));
  if (!servers.success) throw new ConfigError(help);
  return servers.data.map((each, index) => {
    const server = staticIceServer.safeParse(each);
    const field = server.error?.issues[0]?.path[0];
    if (!server.success) {
      throw new ConfigError(
        `${help} Entry ${index + 1} is none${field === undefined ? '' : `: look at its ${String(field)}`}.`,
      );
    }
    const { credentialType: _, ...entry } = server.data;
    return readStaticServer(entry, index + 1);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readStaticServer({ urls, username, credential }: StaticIceServer, entry: number): StaticIceServer {
  const read = [urls].flat().map((text) => {
    const { url, isTurn } = iceUrl('ICE_SERVERS', text, entry);
    const problem = isTurn ? credentialProblem({ username, credential }) : null;
    if (problem !== null) throw new ConfigError(`ICE_SERVERS holds '${text}' (entry ${entry}), which ${problem}.`);
    return url;
  });
  return {
    urls: typeof urls === 'string' ? (read[0] ?? urls) : read,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
}

/** @throws ConfigError that names the variable and the entry, and repeats no address which may hold a password */
function iceUrl(variable: string, text: string, entry: number): IceUrl {
  const url = readIceUrl(text);
  if (typeof url !== 'string') return url;
  const quoted = text.includes('@') ? 'an address' : `'${text}'`;
  throw new ConfigError(`${variable} holds ${quoted} (entry ${entry}), which ${url}.`);
}

/** The addresses of one kind, parted by commas. */
function urls(variable: string, text: string | undefined, kind: 'stun' | 'turn'): string[] {
  const given = list(text);
  if (given.length === 0 && text?.trim()) throw new ConfigError(`${variable} holds commas and no address.`);
  return given.map((each, index) => {
    const { url, isTurn } = iceUrl(variable, each, index + 1);
    if (isTurn === (kind === 'turn')) return url;
    throw new ConfigError(
      `${variable} holds '${each}' (entry ${index + 1}), which must begin with ${kind}: or ${kind}s: there.`,
    );
  });
}

interface Source {
  readonly env: Environment;
  readonly stunUrls: string[];
  /** Why a variable is needed, for the sentence that says that it is missing. */
  readonly because: string;
}

/** How each provider is configured. The compiler names a provider of `IceConfig` that is missing here. */
const providers: { [Name in IceConfig['provider']]: (source: Source) => Extract<IceConfig, { provider: Name }> } = {
  google: ({ stunUrls }) => ({ provider: 'google', stunUrls }),
  twilio({ env, stunUrls, because }) {
    const accountSid = needed(env, 'TWILIO_ACCOUNT_SID', because);
    if (!accountSid.startsWith('AC')) {
      throw new ConfigError('TWILIO_ACCOUNT_SID must begin with AC: it is the account, not an API key.');
    }
    const authToken = needed(env, 'TWILIO_AUTH_TOKEN', because);
    const apiUrl = env.TWILIO_API_URL?.trim() || 'https://api.twilio.com';
    if (!URL.canParse(apiUrl) || new URL(apiUrl).protocol !== 'https:') {
      throw new ConfigError(`TWILIO_API_URL must be an https URL. It is '${apiUrl}'.`);
    }
    return { provider: 'twilio', accountSid, authToken, apiUrl, stunUrls };
  },
  coturn({ env, stunUrls, because }) {
    needed(env, 'COTURN_URLS', because);
    return {
      provider: 'coturn',
      urls: urls('COTURN_URLS', env.COTURN_URLS, 'turn'),
      secret: needed(env, 'COTURN_SECRET', because),
      stunUrls,
    };
  },
  static: ({ env, stunUrls, because }) => ({
    provider: 'static',
    servers: readStaticServers(needed(env, 'ICE_SERVERS', because)),
    stunUrls,
  }),
};

/** Whether a provider can have TURN servers. */
const canHaveTurn: Record<IceConfig['provider'], boolean> = { google: false, twilio: true, coturn: true, static: true };

/** Whether clients know when to ask for other credentials: theirs never expire, or say when they do. */
const isLifeKnown: Record<IceConfig['provider'], boolean> = { google: true, twilio: false, coturn: true, static: true };

/** Where clients do not know it, credentials should live so long: half of it can be over when a client gets them. */
const LIFE_FOR_CLIENTS_SECONDS = 3_600;

/** The names that ICE_PROVIDER may have. */
export const iceProviders = Object.keys(providers);

/** The provider of ICE servers, with its configuration. @throws ConfigError */
export function readIce(env: Environment, settings: Settings, development: boolean, warnings: string[]): IceConfig {
  const hasTwilio = Boolean(env.TWILIO_ACCOUNT_SID?.trim() && env.TWILIO_AUTH_TOKEN?.trim());
  const provider = env.ICE_PROVIDER?.trim().toLowerCase() || (hasTwilio && !development ? 'twilio' : 'google');
  const stunUrls = urls('STUN_URLS', env.STUN_URLS, 'stun');
  if (!isProvider(provider)) {
    throw new ConfigError(`ICE_PROVIDER must be ${oneOf(iceProviders)}. It is '${env.ICE_PROVIDER}'.`);
  }
  if (!canHaveTurn[provider] && !development) {
    const withTurn = iceProviders.filter((name) => isProvider(name) && canHaveTurn[name]);
    warnings.push(
      `ICE: STUN only, so that calls between strict networks will fail. Set ICE_PROVIDER to ${oneOf(withTurn)}.`,
    );
  }
  const because = `ICE_PROVIDER=${provider}`;
  if (!isLifeKnown[provider] && settings.turn_credential_seconds < LIFE_FOR_CLIENTS_SECONDS) {
    warnings.push(
      `ICE: browsers ask for other TURN credentials every half hour, and those of ${because} live ${settings.turn_credential_seconds} s. Set TURN_CREDENTIAL_SECONDS to ${LIFE_FOR_CLIENTS_SECONDS} or more.`,
    );
  }
  return providers[provider]({ env, stunUrls, because });
}

/** The names as a sentence lists them: `a, b or c`. */
function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function isProvider(name: string): name is IceConfig['provider'] {
  return Object.hasOwn(providers, name);
}
