import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Server, ServerOptions } from 'socket.io';
import type { Limit } from '../../protocol/errors.ts';
import { throttle } from '../collections/throttle.ts';
import { ConfigError } from '../config/environment.ts';
import type { Config } from '../config/load-config.ts';
import { type AddressReader, addressReader, rememberAddresses } from './address.ts';
import { boundBackPressure } from './back-pressure.ts';
import { ConnectionsPerAddress } from './connections-per-address.ts';
import { releaseHandshakes } from './engine.ts';
import { FairReading } from './fair-reading.ts';
import { Handshakes } from './handshakes.ts';
import type { Hearing } from './hearing.ts';
import type { KnownVersions } from './known-versions.ts';
import { originCheck } from './origins.ts';
import { boundedParser } from './parser.ts';
import { PartialMessages } from './partial-messages.ts';
import { boundPayloads } from './payloads.ts';
import { seatsOf } from './seat-rooms.ts';
import { boundSilence, type Ears } from './silence.ts';
import { enableSmallReads } from './small-reads.ts';
import { webSocketServer } from './web-socket.ts';

/** The size of a whole payload of polling, with many packets in it, is bound by so many times the size of a command. */
const PACKETS_A_PAYLOAD = 16;

/** Bounds what clients can take of the server before it looks at any command of theirs. */
export class Guards {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #versions: KnownVersions;
  readonly #addressOf: AddressReader;
  readonly #mayConnect: ReturnType<typeof originCheck>;
  readonly #connectionsPerAddress: ConnectionsPerAddress;
  readonly #partialMessages: PartialMessages;
  readonly #onRefused: (limit: Limit) => void;

  /**
   * @param onRefused called for each connection that a guard refuses or closes
   * @throws ConfigError when TRUST_PROXY names no proxies
   */
  constructor(config: Config, log: Logger, versions: KnownVersions, onRefused: (limit: Limit) => void) {
    const { settings } = config;
    this.#config = config;
    this.#log = log;
    this.#versions = versions;
    this.#onRefused = onRefused;
    this.#addressOf = createAddressReader(config, log);
    this.#mayConnect = originCheck(config.corsOrigins);
    this.#connectionsPerAddress = new ConnectionsPerAddress(settings.seatless_connections_per_address);
    this.#partialMessages = new PartialMessages(settings.max_payload_bytes);
  }

  /** The options of Socket.IO by which it asks the guards. */
  get options(): Partial<ServerOptions> {
    const { settings } = this.#config;
    return {
      // An exact origin with credentials: the old browser client always sends them, and '*' would lock its polling out.
      cors: { credentials: true, origin: (origin, answer) => answer(null, this.#mayConnect(origin)) },
      // CORS does not guard WebSocket handshakes.
      allowRequest: (request, answer) => {
        const refusal = this.#refusal(request);
        answer(refusal, refusal === null);
      },
      parser: boundedParser(settings.max_payload_bytes),
      maxHttpBufferSize: settings.max_payload_bytes * PACKETS_A_PAYLOAD,
      wsEngine: webSocketServer(this.#partialMessages, {
        releasesMasks: this.#versions.isKnown('memory'),
        sendsTogether: this.#versions.isKnown('jointWrites'),
      }),
    };
  }

  /**
   * Installs the guards on a server of Socket.IO.
   *
   * The order matters:
   * - An upgrade of HTTP: each guard prepends its listener, so the last one installed comes first, and all come before
   *   Engine.IO. Small reads change how the socket reads before anything has read from it.
   * - A request: middleware of Engine.IO runs as installed. Fair reading holds a polling request back first; only once it
   *   is read, partial messages counts its body.
   * - A new connection: Socket.IO's listener is there already, so fair reading can take its place. The bound on payloads
   *   comes before, because it closes a connection whose payload must not reach any flow. Addresses are remembered before
   *   connections per address counts them. That releases the request, so nothing after it may read the request.
   * - A handshake waits for its turn before fair reading and partial messages look at it.
   * - Back-pressure comes last: it sees packets as they leave, whichever guard has let their cause in.
   *
   * @returns what a connection that has begun to speak Socket.IO has to be introduced to
   */
  install(io: Server, http: HttpServer, hearing: Hearing): FairReading {
    if (this.#versions.isKnown('memory')) releaseHandshakes(io, http);
    enableSmallReads(http);
    boundPayloads(io);
    const handshakes = new Handshakes(() => performance.now());
    handshakes.watch(io);
    const fairReading = new FairReading(() => performance.now());
    fairReading.watch(io);
    hearing.watch(handshakes);
    hearing.watch(fairReading);
    if (this.#versions.isKnown('silence')) this.#boundSilence(io, hearing, fairReading);
    this.#partialMessages.watch(io);
    rememberAddresses(io, this.#addressOf);
    this.#connectionsPerAddress.watch(io);
    boundBackPressure(io, this.#config.settings.max_unread_bytes, this.#log, () => this.#onRefused('max_unread_bytes'));
    return fairReading;
  }

  #boundSilence(io: Server, hearing: Hearing, fairReading: FairReading): void {
    const timeoutMs = this.#config.settings.heartbeat_seconds * 1000;
    const ears: Ears = {
      hasUnread: (connection) => fairReading.hasUnread(connection),
      couldHear: (ms) => hearing.unheardMs(hearing.now() - ms) === 0,
      seatsOf(connection) {
        const client = fairReading.clientOf(connection);
        return client ? seatsOf(client.socket) : [];
      },
    };
    boundSilence(io, timeoutMs, ears, this.#log);
  }

  /** Why a request may not connect; null where it may. */
  #refusal(request: IncomingMessage): string | null {
    if (!this.#mayConnect(request.headers.origin)) {
      this.#onRefused('cors_origins');
      return 'Pages of this origin may not connect.';
    }
    if (isJsonp(request)) return 'JSONP is not served.';
    if (this.#connectionsPerAddress.admits(this.#addressOf(request))) return null;
    this.#onRefused('seatless_connections_per_address');
    return 'Too many connections from this address.';
  }
}

/** JSONP of Engine.IO 3: a script, which any page can load and read, and whose request names no origin. */
function isJsonp({ url = '' }: IncomingMessage): boolean {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).has('j');
}

function createAddressReader({ trustProxy }: Config, log: Logger): AddressReader {
  const warn = throttle(() => log.warn('A proxy of TRUST_PROXY names no address of its client in X-Forwarded-For.'));
  try {
    return addressReader(trustProxy, warn);
  } catch {
    throw new ConfigError(
      `TRUST_PROXY must hold addresses, subnets, or loopback, linklocal, uniquelocal. It is '${trustProxy.join(',')}'.`,
    );
  }
}
