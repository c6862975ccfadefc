import { describe, expect, it } from 'vitest';
import { type ClientState, type FailureReason, initialState, newPeer, type PeerState } from '../../src/client/state.ts';
import { presenceOf } from '../../src/page/stage/presence.ts';
import { describeConnection, gradeOf } from '../../src/page/stage/quality.ts';
import { strings } from '../../src/page/strings.ts';
import { attendee } from './attendee.ts';

const bob = attendee('bob', { name: 'Bob' });
const call = { id: 'call', startedAt: 0, connectedAt: 0, endsAt: null, participants: ['ada', 'bob'], joined: true };
const seat = { self: 'ada' } as ClientState['seat'];
const withState = (patch: Partial<ClientState>): ClientState => ({ ...initialState, seat, ...patch });
const withPeer = (peer: Partial<PeerState>) => withState({ call, peers: { bob: { ...newPeer, ...peer } } });
const nobodyAnswered = {};

describe('The note on a tile', () => {
  it('is empty on the own tile, which is always connected', () => {
    expect(presenceOf(withState({}), { ...bob, id: 'ada' }, nobodyAnswered)).toMatchObject({
      connection: 'connected',
      note: '',
    });
  });

  it('is empty as long as there is no call, unless the attendee is away', () => {
    expect(presenceOf(withState({}), bob, nobodyAnswered)).toMatchObject({ connection: null, note: '' });
    expect(presenceOf(withState({}), { ...bob, connected: false }, nobodyAnswered).note).toBe('Away');
  });

  it('says how the last ring ended', () => {
    expect(presenceOf(withState({}), bob, { bob: 'busy' }).note).toBe('Declined');
    expect(presenceOf(withState({}), bob, { bob: 'unanswered' }).note).toBe('Missed the call');
    const away = { ...bob, connected: false };
    expect(presenceOf(withState({}), away, { bob: 'unanswered' }).note).toBe('Missed the call');
    const others = { ...call, participants: ['ada'] };
    expect(presenceOf(withState({ call: others }), bob, nobodyAnswered).note).toBe('Not on the call');
  });

  it('says that the attendee is ringing, whatever happened before', () => {
    const state = withState({ call, ringing: ['bob'], peers: { bob: newPeer } });
    expect(presenceOf(state, bob, { bob: 'busy' })).toMatchObject({ isRinging: true, note: 'Ringing…' });
    expect(presenceOf(state, { ...bob, connected: false }, nobodyAnswered)).toMatchObject({
      isRinging: true,
      note: 'Away. Rings on coming back.',
    });
  });

  it('says the state of the connection, as soon as one is expected', () => {
    expect(presenceOf(withState({ call }), bob, nobodyAnswered)).toMatchObject({ connection: 'connecting' });
    for (const state of ['connecting', 'reconnecting'] as const) {
      const presence = presenceOf(withPeer({ state }), bob, nobodyAnswered);
      expect(presence).toMatchObject({ connection: state, note: strings.call[state], problem: '' });
    }
    expect(presenceOf(withPeer({ state: 'connected' }), bob, nobodyAnswered).note).toBe('');
  });

  it('says why there is no connection, with the name and a remedy', () => {
    for (const reason of Object.keys(strings.failures) as FailureReason[]) {
      const { connection, problem } = presenceOf(withPeer({ state: 'failed', reason }), bob, nobodyAnswered);
      expect(connection).toBe('failed');
      expect(problem).toMatch(/^Bob.*\.$/);
    }
  });
});

it('What the server leaves out of the candidates is named beside the reason of a failure', () => {
  const failed = { state: 'failed', reason: 'no-route', leftOut: ['mdns', '10.8.0.0/16'] } as const;
  const { problem } = presenceOf(withPeer(failed), bob, nobodyAnswered);
  expect(problem).toBe(`${strings.failures['no-route']('Bob')} ${strings.call.leftOut(failed.leftOut)}`);
  expect(problem).toContain('mdns, 10.8.0.0/16');
});

describe('The quality of a connection', () => {
  const grade = (roundTripMs: number, loss: number) => gradeOf({ ...newPeer, quality: { roundTripMs, loss } });

  it('is as bad as the worse of delay and loss', () => {
    expect(gradeOf(newPeer)).toBe(null);
    expect(grade(40, 0)).toBe('good');
    expect(grade(250, 0.02)).toBe('good');
    expect(grade(251, 0)).toBe('fair');
    expect(grade(40, 0.05)).toBe('fair');
    expect(grade(501, 0)).toBe('poor');
    expect(grade(40, 0.09)).toBe('poor');
  });

  it('is a short text of everything known about it', () => {
    expect(describeConnection({ ...newPeer, state: 'connected' })).toBe('Connected');
    const quality = { roundTripMs: 42, loss: 0 };
    expect(describeConnection({ ...newPeer, route: 'host', quality })).toBe('Good connection, direct, 42 ms');
    expect(describeConnection({ ...newPeer, route: 'relay', quality })).toContain('through a relay');
  });
});
