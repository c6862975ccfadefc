import { cached, type Lease } from './cached.ts';
import {
  type IceProvider,
  type IceServerEntry,
  IceUnavailable,
  isStunUrl,
  toIceServers,
  usableIceServers,
} from './provider.ts';

/** What a service answers: its servers, and how many seconds their credentials are good for. */
export interface Answer {
  readonly entries: readonly IceServerEntry[];
  readonly ttlSeconds: number;
}

/** @see fetchedProvider */
interface FetchedOptions {
  /** Asks the service once. */
  readonly ask: () => Promise<Answer>;
  /** Makes of what `ask` throws one sentence for the operator, without anything secret. */
  readonly explain: (error: unknown) => string;
  /** Who answers, as sentences for the operator name it. */
  readonly host: string;
  readonly stunUrls: readonly string[];
  /** The time in ms, by a clock that never steps (`steadyClock`): a lease is a duration. */
  readonly now: () => number;
  /** Gets a sentence for the operator when a part of an answer cannot be used. */
  readonly warn: (sentence: string) => void;
}

/** So long clients keep credentials that do not say when they expire, ms (`renewalDelay` in src/client/seat-keeper.ts). */
const KEPT_BY_CLIENTS_MS = 30 * 60_000;
/** So long before they expire credentials are renewed, ms. */
const MARGIN_MS = 2 * KEPT_BY_CLIENTS_MS;

/**
 * A service that makes TURN credentials when it is asked. All seats share one set, which is fetched when the first one needs
 * it and renewed an hour before it expires, or after half of its life. What a seat gets is good until its client asks anew, if the
 * service can be reached until then.
 *
 * Where the service refuses, seats get no servers at all: calls which work for some and silently not for others are harder to
 * find than an error that names the problem.
 */
export function fetchedProvider(options: FetchedOptions): IceProvider {
  const { stunUrls, now } = options;
  const servers = cached(() => fetchLease(options), { now, marginMs: MARGIN_MS, enoughMs: KEPT_BY_CLIENTS_MS });
  return { stun: () => toIceServers([{ urls: stunUrls }]), servers: () => servers() };
}

/** @throws IceUnavailable */
async function fetchLease({ ask, explain, host, now, warn }: FetchedOptions): Promise<Lease> {
  // Counted from before the request, so that they are never thought valid for longer than they are.
  const start = now();
  try {
    const { entries, ttlSeconds } = await ask();
    const { servers, problems } = usableIceServers(entries);
    const [problem] = problems;
    if (servers.every((server) => isStunUrl(server.url))) {
      const why = problem === undefined ? '' : ` that browsers take: ${problem}`;
      throw new IceUnavailable(`The answer from ${host} holds no TURN servers${why}.`);
    }
    if (problem !== undefined) warn(`Browsers do not take all that ${host} answered, so that is left out: ${problem}.`);
    return { servers, expiresAt: start + ttlSeconds * 1000 };
  } catch (error) {
    if (error instanceof IceUnavailable) throw error;
    throw new IceUnavailable(explain(error));
  }
}
