import { installedVersion } from './installed-version.ts';

/** The versions whose private members, packets and frames are known. */
const KNOWN = {
  'socket.io': '4.8',
  'socket.io-parser': '4.2',
  'socket.io-adapter': '2.5',
  '@socket.io/redis-adapter': '8.3',
  'engine.io': '6.6',
  ws: '8',
  ioredis: '6',
} as const;

type KnownPackage = keyof typeof KNOWN;

/** The parts of the server that use private members of packages, and their fallback with another version. */
const USES = {
  fastPath: {
    of: ['socket.io', 'socket.io-parser', 'socket.io-adapter', '@socket.io/redis-adapter', 'engine.io', 'ws'],
    otherwise: 'relays take the ordinary way',
  },
  memory: { of: ['socket.io', 'engine.io', 'ws'], otherwise: 'each connection takes more memory' },
  fairReading: {
    of: ['socket.io', 'engine.io', 'ws'],
    otherwise: 'fair turns and back-pressure may fail, so one connection may hold up the others',
  },
  silence: { of: ['engine.io'], otherwise: 'a server that is busy may take connections for silent that are not' },
  jointWrites: { of: ['ws'], otherwise: 'each message leaves by itself, which costs more' },
  smallReads: { of: ['ws'], otherwise: 'the bounds on pings and on partial messages may fail' },
  payloads: { of: ['engine.io'], otherwise: 'the bound on the packets of a polling request may fail' },
  parser: { of: ['socket.io', 'socket.io-parser'], otherwise: 'the bound on the size of a command may fail' },
  seatChannels: {
    of: ['@socket.io/redis-adapter', 'socket.io-adapter'],
    otherwise: 'nodes that share a Redis may get messages in another order, or more than they need',
  },
  shards: { of: ['ioredis'], otherwise: 'with a Redis Cluster, a node may subscribe to a channel more than once' },
} as const satisfies Record<string, { of: readonly KnownPackage[]; otherwise: string }>;

/** Tells which of the installed packages are of versions that this server was not tested with. */
export class KnownVersions {
  /** The versions of those, by the names of their packages. */
  readonly #unknown = new Map<string, string>();

  /** @param versionOf the installed version of a package */
  constructor(versionOf: (name: string) => string = installedVersion) {
    for (const [name, known] of Object.entries(KNOWN)) {
      const version = versionOf(name);
      if (!version.startsWith(`${known}.`)) this.#unknown.set(name, version);
    }
  }

  /** Whether all packages are known that something relies on. */
  isKnown(use: keyof typeof USES): boolean {
    return USES[use].of.every((name) => !this.#unknown.has(name));
  }

  /** One sentence for each package of an unknown version: which it is, and what the server therefore does. */
  warnings(): string[] {
    return [...this.#unknown].map(([name, version]) => {
      const consequences = Object.values(USES)
        .filter(({ of }) => (of as readonly string[]).includes(name))
        .map(({ otherwise }) => otherwise);
      return `${name} ${version} is not known to this server: ${consequences.join('; ')}.`;
    });
  }
}
