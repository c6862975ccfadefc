import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HANDSHAKE } from '../../src/embed/messages.ts';
import { meetHost } from '../../src/page/embed/meet-host.ts';

const host = {};
let page: EventTarget;

beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal('parent', host);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const right = { source: host as unknown, origin: 'https://www.example.com', data: HANDSHAKE as unknown };

/** Somebody sends a message to the page. @returns the port that goes along */
function say(message: Partial<typeof right>, ports: unknown[] = [{}]): unknown {
  page.dispatchEvent(Object.assign(new Event('message'), right, message, { ports }));
  return ports[0];
}

it.each([
  ['of another window', { source: {} }],
  ['of no window', { source: null }],
  ['of another origin', { origin: 'https://evil.example' }],
  ['of an origin that begins alike', { origin: 'https://www.example.com.evil.example' }],
  ['of the same host without TLS', { origin: 'http://www.example.com' }],
  ['of a sandbox', { origin: 'null' }],
  ['with other words', { data: 'hello' }],
  ['with an object', { data: [HANDSHAKE] }],
])('A page in a frame gives nothing on a message %s', async (_, message) => {
  const met = meetHost(['https://shop.example', right.origin]);
  say(message);
  say({}, []);
  const port = say({});
  say({});
  expect(await met).toBe(port);
});

it('A page in a frame that nobody is named for meets nobody', async () => {
  const met = vi.fn();
  void meetHost([]).then(met);
  say({});
  await Promise.resolve();
  expect(met).not.toHaveBeenCalled();
});
