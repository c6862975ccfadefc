import { describe, expect, it } from 'vitest';
import { googleProvider } from '../../../src/server/ice/google.ts';
import { toIceServers } from '../../../src/server/ice/provider.ts';
import { staticProvider } from '../../../src/server/ice/static.ts';

describe('entries', () => {
  it('become one per URL, with `url` beside `urls`', () => {
    expect(toIceServers([{ urls: ['turn:a', 'turn:b'], username: 'u', credential: 'c' }, { urls: 'stun:c' }])).toEqual([
      { urls: 'turn:a', url: 'turn:a', username: 'u', credential: 'c' },
      { urls: 'turn:b', url: 'turn:b', username: 'u', credential: 'c' },
      { urls: 'stun:c', url: 'stun:c' },
    ]);
  });

  it('may have the former name of the field, or no URL at all', () => {
    expect(toIceServers([{ url: 'stun:a' }, {}, { urls: [] }])).toEqual([{ urls: 'stun:a', url: 'stun:a' }]);
  });

  it('hold no fields without a value', () => {
    const [server] = toIceServers([{ urls: 'stun:a', username: undefined, credential: undefined }]);
    expect(Object.keys(server ?? {})).toEqual(['urls', 'url']);
  });
});

describe('Google', () => {
  it('has five STUN servers for everybody', async () => {
    const google = googleProvider();
    expect(google.stun().map((server) => server.urls)).toEqual([
      'stun:stun.l.google.com:19302',
      'stun:stun1.l.google.com:19302',
      'stun:stun2.l.google.com:19302',
      'stun:stun3.l.google.com:19302',
      'stun:stun4.l.google.com:19302',
    ]);
    expect(await google.servers('_a')).toEqual(google.stun());
  });
});

describe('a fixed list', () => {
  const list = staticProvider([
    { urls: ['stun:a', 'turn:a', 'STUNS:b'], username: 'u', credential: 'c' },
    { urls: 'turns:b' },
  ]);

  it('is given whole to seats', async () => {
    expect((await list.servers('_a')).map((server) => server.urls)).toEqual(['stun:a', 'turn:a', 'STUNS:b', 'turns:b']);
  });

  it('gives anybody only what is STUN, without the credentials of the relay beside it', () => {
    expect(list.stun()).toEqual([
      { urls: 'stun:a', url: 'stun:a' },
      { urls: 'STUNS:b', url: 'STUNS:b' },
    ]);
  });
});
