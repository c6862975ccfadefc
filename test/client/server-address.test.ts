import { describe, expect, it, vi } from 'vitest';
import { MeshClient } from '../../src/client/mesh-client.ts';
import { serverAddress } from '../../src/client/server-address.ts';

const PAGE = 'https://host.example/pages/call.html?room=1#a-secret-invitation';
const at = (origin: string, path: string) => ({ origin, path });

describe('The address of the server', () => {
  it.each([
    [undefined, at('https://host.example', '/socket.io')],
    ['http://calls.example', at('http://calls.example', '/socket.io')],
    ['http://calls.example:9090/', at('http://calls.example:9090', '/socket.io')],
    ['http://calls.example/calls', at('http://calls.example', '/calls/socket.io')],
    ['http://calls.example/calls/', at('http://calls.example', '/calls/socket.io')],
    ['http://calls.example//calls///', at('http://calls.example', '//calls/socket.io')],
    ['http://calls.example/calls/v1.2/', at('http://calls.example', '/calls/v1.2/socket.io')],
    ['http://calls.example/calls/v1.2', at('http://calls.example', '/calls/v1.2/socket.io')],
    ['http://calls.example/calls/index.html', at('http://calls.example', '/calls/socket.io')],
    ['https://calls.example/calls/#an-invitation', at('https://calls.example', '/calls/socket.io')],
    ['ws://calls.example/calls/', at('http://calls.example', '/calls/socket.io')],
    ['WSS://Calls.Example', at('https://calls.example', '/socket.io')],
    [' https://calls.example ', at('https://calls.example', '/socket.io')],
    ['https://bücher.example/ä', at('https://xn--bcher-kva.example', '/%C3%A4/socket.io')],
    ['http://[::1]:9090', at('http://[::1]:9090', '/socket.io')],
    [new URL('https://calls.example/calls/'), at('https://calls.example', '/calls/socket.io')],
    ['//calls.example/calls/', at('https://calls.example', '/calls/socket.io')],
    ['/calls/', at('https://host.example', '/calls/socket.io')],
    ['/', at('https://host.example', '/socket.io')],
    ['./', at('https://host.example', '/pages/socket.io')],
    ['../calls', at('https://host.example', '/calls/socket.io')],
  ])('is read from %s', (url, address) => {
    expect(serverAddress(url, undefined, PAGE)).toEqual(address);
  });

  it.each([
    ['/calls/socket.io', '/calls/socket.io'],
    ['calls/socket.io/', '/calls/socket.io/'],
    ['', '/socket.io'],
  ])('has Socket.IO where the path %j says', (path, read) => {
    expect(serverAddress('http://calls.example', path, PAGE).path).toBe(read);
  });

  it.each([
    ['', 'needs a scheme'],
    ['calls.example', 'needs a scheme'],
    ['calls.example/calls/', 'needs a scheme'],
    ['localhost:9090', 'needs a scheme'],
    ['http:calls.example', 'needs a scheme'],
    ['javascript:alert(1)', 'needs a scheme'],
    ['ftp://calls.example', 'must begin with https:// or http://'],
    ['capacitor://localhost', 'must begin with https:// or http://'],
    ['file:///calls', 'must begin with https:// or http://'],
    ['http://', 'is no valid URL'],
    ['http://a b', 'is no valid URL'],
    ['http://calls.example:99999', 'is no valid URL'],
    ['https://ada:hunter2@calls.example', 'no user name and no password'],
    ['https://calls.example/?key=hunter2', 'no query'],
    [null, 'must be a text'],
    [9090, 'must be a text'],
    [{}, 'must be a text'],
  ])('is refused at once if it is %j', (url, sentence) => {
    expect(() => serverAddress(url, undefined, PAGE)).toThrow(TypeError);
    expect(() => serverAddress(url, undefined, PAGE)).toThrow(sentence);
    expect(() => serverAddress(url, undefined, PAGE)).not.toThrow('hunter2');
  });

  it.each(['file:///home/ada/call.html', 'capacitor://localhost/', 'about:srcdoc', undefined])(
    'must be given to a page at %s, which comes from no server',
    (page) => {
      expect(() => serverAddress(undefined, undefined, page)).toThrow('`url` must name one');
      expect(() => serverAddress('/calls/', undefined, page)).toThrow(TypeError);
      expect(serverAddress('http://calls.example', undefined, page)).toEqual(at('http://calls.example', '/socket.io'));
    },
  );

  it.each([7, '/socket.io?a=b', '/socket.io#a'])('is refused with %j as the path of Socket.IO', (path) => {
    expect(() => serverAddress('http://calls.example', path, PAGE)).toThrow('`path` must be');
  });

  it('is looked at before a client connects', () => {
    vi.stubGlobal('location', new URL(PAGE));
    expect(() => new MeshClient({ url: 'calls.example' })).toThrow('needs a scheme');
    vi.unstubAllGlobals();
  });
});
