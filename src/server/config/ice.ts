import { z } from 'zod';
import { ConfigError, type Environment, list, needed } from './environment.ts';

export type IceConfig =
  | { provider: 'google'; stunUrls: string[] }
  | { provider: 'twilio'; accountSid: string; authToken: string; apiUrl: string; stunUrls: string[] }
  | { provider: 'coturn'; urls: string[]; secret: string; stunUrls: string[] }
  | { provider: 'static'; servers: StaticIceServer[]; stunUrls: string[] };

const staticIceServer = z.object({
  urls: z.union([z.string(), z.array(z.string()).min(1)]),
  username: z.string().optional(),
  credential: z.string().optional(),
});
type StaticIceServer = z.output<typeof staticIceServer>;

function readStaticServers(text: string | undefined): StaticIceServer[] {
  const help = `ICE_SERVERS must be a JSON array of RTCIceServer entries, such as [{"urls":"stun:stun.example.com:3478"}].`;
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw new ConfigError(help);
  }
  const servers = z.array(staticIceServer).min(1).safeParse(value);
  if (!servers.success) throw new ConfigError(help);
  return servers.data;
}

function urls(name: string, text: string | undefined, schemes: RegExp): string[] {
  const found = list(text);
  const wrong = found.find((url) => !schemes.test(url));
  if (wrong !== undefined) throw new ConfigError(`${name} holds '${wrong}', which is not a URL of the right kind.`);
  return found;
}

const STUN = /^stuns?:[^\s/]+$/;
const TURN = /^turns?:[^\s/]+$/;

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
      urls: urls('COTURN_URLS', env.COTURN_URLS, TURN),
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

/** The names that ICE_PROVIDER may have. */
export const iceProviders = Object.keys(providers);

/** The provider of ICE servers, with its configuration. @throws ConfigError */
export function readIce(env: Environment, development: boolean, warnings: string[]): IceConfig {
  const hasTwilio = Boolean(env.TWILIO_ACCOUNT_SID?.trim() && env.TWILIO_AUTH_TOKEN?.trim());
  const provider = env.ICE_PROVIDER?.trim().toLowerCase() || (hasTwilio && !development ? 'twilio' : 'google');
  const stunUrls = urls('STUN_URLS', env.STUN_URLS, STUN);
  if (!isProvider(provider)) {
    throw new ConfigError(`ICE_PROVIDER must be ${oneOf(iceProviders)}. It is '${env.ICE_PROVIDER}'.`);
  }
  if (provider === 'google' && !development) {
    const withTurn = iceProviders.filter((name) => name !== 'google');
    warnings.push(
      `ICE: STUN only, so that calls between strict networks will fail. Set ICE_PROVIDER to ${oneOf(withTurn)}.`,
    );
  }
  return providers[provider]({ env, stunUrls, because: `ICE_PROVIDER=${provider}` });
}

/** The names as a sentence lists them: `a, b or c`. */
function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function isProvider(name: string): name is IceConfig['provider'] {
  return Object.hasOwn(providers, name);
}
