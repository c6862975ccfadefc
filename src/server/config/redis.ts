import { ConfigError, type Environment } from './environment.ts';

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** The address of Redis, and the credentials for it. */
export interface RedisAddress {
  /** The hosts are one server; sentinels, which know the present master; or some nodes of a Redis Cluster. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly HostAndPort[];
  /** The sentinels' name for the master. */
  readonly master: string;
  readonly db: number;
  readonly username: string | null;
  readonly password: string | null;
  /** `ca`: the path of an authority's certificate. */
  readonly tls: { readonly ca: string | null } | null;
}

const FORM = new RegExp(
  '^(?<scheme>rediss?)(?:\\+(?<kind>sentinel|cluster))?://' +
    '(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?' +
    '(?<hosts>[^/?#@]+)(?:/(?<path>[^?#]*))?$',
);

const HELP =
  'REDIS_URL must be redis://:password@host:6379/0, rediss:// with TLS, redis+sentinel://host:26379,host:26379/name, ' +
  'or redis+cluster://host:7000,host:7001. What a URL cannot have is written with %: %2F for / in a password.';

const defaultPort = { single: 6379, sentinel: 26_379, cluster: 6379 };

/**
 * @param url no message repeats any part of it, because it holds a password
 * @throws ConfigError where it is no such URL
 */
export function readRedisUrl(url: string, env: Environment): RedisAddress {
  const groups = FORM.exec(url)?.groups;
  if (!groups) throw new ConfigError(HELP);
  const {
    scheme,
    kind = 'single',
    username,
    password,
    hosts = '',
    path = '',
  } = groups as Record<string, string> & {
    kind?: RedisAddress['kind'];
  };
  const [master = '', number = ''] = kind === 'sentinel' ? path.split('/') : ['', path];
  const db = Number(number || 0);
  const isRight = kind === 'sentinel' ? master !== '' : kind === 'single' || db === 0;
  if (!isRight || !Number.isInteger(db) || db < 0) throw new ConfigError(HELP);
  const all = hosts.split(',').map((host) => hostAndPort(host, defaultPort[kind]));
  if (kind === 'single' && all.length > 1) throw new ConfigError(HELP);
  return {
    kind,
    hosts: all,
    master,
    db,
    username: decoded(username),
    password: decoded(password),
    tls: scheme === 'rediss' ? { ca: env.REDIS_CA?.trim() || null } : null,
  };
}

function decoded(text: string | undefined): string | null {
  try {
    return text ? decodeURIComponent(text) : null;
  } catch {
    throw new ConfigError(HELP);
  }
}

/** Addresses of IPv6 are in brackets (RFC 3986, 3.2.2). */
function hostAndPort(text: string, otherwise: number): HostAndPort {
  const [, ipv6, name, port] = /^(?:\[([\da-fA-F:]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port ?? 0) > 65_535) throw new ConfigError(HELP);
  return { host, port: Number(port ?? otherwise) };
}
