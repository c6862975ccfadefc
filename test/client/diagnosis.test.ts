import { expect, it } from 'vitest';
import { diagnose, type Evidence } from '../../src/client/diagnosis.ts';
import type { FailureReason } from '../../src/client/state.ts';

const stun = 'stun:stun.example.com';
const turn = 'turn:turn.example.com?transport=udp';
const turns = 'TURNS:turn.example.com:443';

const seen: Evidence = {
  peerOnline: true,
  answered: true,
  relayOnly: false,
  servers: [stun, turn],
  candidateTypes: new Set(['host', 'srflx', 'relay']),
  errors: [],
};
const nothing = new Set<string>();
const host = new Set(['host']);
const refused = [{ url: turn, errorCode: 401 }];
const silent = [{ url: turn, errorCode: 701 }];

const cases: [string, Partial<Evidence>, FailureReason][] = [
  [
    'the other side is offline, whatever else is wrong',
    { peerOnline: false, answered: false, errors: refused },
    'peer-gone',
  ],
  ['the other side says nothing', { answered: false }, 'answer-timeout'],
  [
    'the other side says nothing, and there are no servers',
    { answered: false, servers: [], candidateTypes: host },
    'answer-timeout',
  ],
  ['nothing helps', {}, 'no-route'],
  ['there are no servers and no way', { servers: [], candidateTypes: host }, 'no-route'],
  ['TURN refuses the credentials', { candidateTypes: host, errors: refused }, 'turn-unauthorized'],
  [
    'TURN refuses, and the other side says nothing either',
    { answered: false, candidateTypes: host, errors: refused },
    'turn-unauthorized',
  ],
  ['one TURN server refuses and another relays', { errors: refused }, 'no-route'],
  [
    'TURN over TLS refuses',
    { servers: [turns], candidateTypes: host, errors: [{ url: turns, errorCode: 441 }] },
    'turn-unauthorized',
  ],
  ['TURN cannot be reached', { candidateTypes: new Set(['host', 'srflx']), errors: silent }, 'turn-unreachable'],
  [
    'only TURN may be used, and it cannot be reached',
    { relayOnly: true, candidateTypes: nothing, errors: silent },
    'turn-unreachable',
  ],
  ['only TURN may be used, and it is silent so far', { relayOnly: true, candidateTypes: nothing }, 'turn-unreachable'],
  [
    'only TURN may be used, and there is none',
    { relayOnly: true, servers: [stun], candidateTypes: nothing, answered: false },
    'no-relay-candidates',
  ],
  ['only TURN may be used, and it leads nowhere', { relayOnly: true, candidateTypes: new Set(['relay']) }, 'no-route'],
  [
    'STUN does not answer',
    { servers: [stun], candidateTypes: host, errors: [{ url: stun, errorCode: 701 }] },
    'udp-blocked',
  ],
  [
    'STUN over one interface does not answer',
    { servers: [stun], candidateTypes: new Set(['host', 'srflx']), errors: [{ url: stun, errorCode: 701 }] },
    'no-route',
  ],
];

it.each(cases)('When %s, says so', (_, evidence, reason) => {
  expect(diagnose({ ...seen, ...evidence })).toBe(reason);
});
