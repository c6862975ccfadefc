import type { FailureReason } from '../../../client/state.ts';
import { grammarOf } from '../../words/grammar.ts';

const { plural } = grammarOf('en');

/** All texts of the page for operators alone. */
export const english = {
  title: 'Operations',
  unreachable: 'The server cannot be reached right now.',
  failed: 'The server could not answer that. Its log says why.',
  tryAgain: 'Trying again…',
  loading: 'Loading…',
  more: 'There are more, which the REST API lists.',

  signIn: {
    title: 'Sign in',
    intro:
      'With a key of API_KEYS that has the scope admin. It stays in this tab, and is forgotten when you reload it.',
    key: 'API key',
    missing: 'Please enter the secret of the key.',
    show: 'Show the key',
    hide: 'Hide the key',
    submit: 'Sign in',
  },
  signOut: 'Sign out',
  refresh: 'Refresh',
  updated: (ago: string) => `As of ${ago}`,

  nodes: {
    title: 'Nodes',
    ready: 'ready',
    notReady: 'takes no newcomers',
    silent: 'does not answer',
    version: 'Version',
    since: 'Started',
    connections: 'Connections',
    seats: 'Seats',
    memory: 'Memory',
  },

  calls: {
    title: 'Calls',
    none: 'Nobody is on a call.',
    ringing: 'is ringing',
    onCall: (count: number) => plural(count, { other: '# on the call' }),
    end: 'End call',
    endShort: 'End',
    endOf: (workspace: string) => `End the call in ${workspace}`,
    endTitle: (workspace: string) => `End the call in ${workspace}?`,
    endText: 'It ends at once, for everybody who is on it.',
    ended: (workspace: string) => `The call in ${workspace} has ended.`,
  },

  workspaces: {
    title: 'Workspaces with people',
    none: 'Nobody is in a workspace.',
    people: (count: number) => plural(count, { one: '# person', other: '# people' }),
    withCall: 'on a call',
    show: (workspace: string) => `People in ${workspace}`,
    owner: 'owner',
    onCall: 'on the call',
    away: 'away',
    here: 'here',
    remove: 'Remove',
    removeOf: (name: string) => `Remove ${name}`,
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText: 'They lose their seat at once. Guests can come back with the link.',
    removed: (name: string) => `${name} was removed.`,
  },

  failedPairs: {
    title: 'Pairs that failed',
    none: 'No browser has reported a pair that could not connect.',
    of: (one: string, other: string) => `${one} could not reach ${other}`,
    connected: 'connected later',
    via: (route: string) => `by way of ${route}`,
    reasons: {
      'answer-timeout': 'The other browser did not answer.',
      'peer-gone': 'The other side lost its connection with the server.',
      'no-relay-candidates': 'Only relays are allowed, and there was none.',
      'turn-unauthorized': 'The TURN server refused the credentials: check COTURN_SECRET, or the account.',
      'turn-unreachable': 'No TURN server answered: check that it runs, and its ports.',
      'udp-blocked': 'Neither STUN nor TURN answered over UDP: a network blocks it. TURN over TLS on port 443 helps.',
      'no-route': 'No way led from one network to the other: a TURN server is missing, or in the way.',
    } satisfies Record<FailureReason, string>,
    unknown: (reason: string) => `The client says: ${reason}.`,
    unsaid: 'The client does not say why.',
    leftOut: (kinds: readonly string[]) => `Left out by ice_candidate_filter: ${kinds.join(', ')}.`,
  },

  deliveries: {
    title: 'Deliveries that failed',
    none: 'No webhook has a delivery that failed.',
    attempts: (count: number) => plural(count, { one: '# attempt', other: '# attempts' }),
    next: (when: string) => `again ${when}`,
    dead: 'given up',
    disabled: 'This webhook is disabled.',
    retry: 'Retry',
    retryOf: (event: string) => `Retry ${event}`,
    retried: 'It is sent again.',
  },
};

export type Words = typeof english;
