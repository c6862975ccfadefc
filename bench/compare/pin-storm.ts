/**
 * Tries wrong PINs from a process of its own, each connection as fast as it is answered and each at a workspace of its
 * own. What to do comes as JSON in the first argument; it says `ready`, begins at each message it gets, and stops at the
 * next, telling what became of it.
 */
import type { WebSocket } from 'ws';
import { openSocketIo } from './adapters/socketio-frames.ts';
import { ask, request } from './adapters/this-server.ts';

export interface Storm {
  url: string;
  connections: number;
}

export interface StormResult {
  seconds: number;
  /** PINs that were looked at, and what was refused without a look. */
  checked: number;
  refused: number;
}

const { url, connections }: Storm = JSON.parse(process.argv[2] ?? '{}');
const owner = await openSocketIo(url);
const guests: { socket: WebSocket; token: string }[] = [];
for (let n = 0; n < connections; n += 1) {
  const { workspace } = await ask(owner, 'create', { workspace: { pin: '4711' }, attendee: {} });
  guests.push({ socket: await openSocketIo(url), token: workspace.token });
}

let storming = false;
let [checked, refused, began] = [0, 0, 0];

async function guess({ socket, token }: (typeof guests)[number]): Promise<void> {
  for (let n = 0; storming; n += 1) {
    const reply = await request(socket, 'attend', { workspace: { token, pin: `${n}x` }, attendee: {} });
    if (!storming) return;
    if (!reply.ok && reply.error.code === 'WRONG_PIN') checked += 1;
    else refused += 1;
  }
}

let storm: Promise<unknown> = Promise.resolve();
process.on('message', async () => {
  if (storming) {
    storming = false;
    const result: StormResult = { seconds: (performance.now() - began) / 1000, checked, refused };
    await storm;
    process.send?.(result);
    return;
  }
  [storming, checked, refused, began] = [true, 0, 0, performance.now()];
  storm = Promise.all(guests.map(guess));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
