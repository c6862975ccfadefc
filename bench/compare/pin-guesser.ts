/**
 * Guesses PINs from a process of its own: each connection at a workspace of its own, and as fast as the server answers.
 * The first argument has its options as JSON. It sends `ready`; each message to it starts the guessing or, if it runs,
 * stops it and gets the result.
 */
import type { WebSocket } from 'ws';
import { openSocketIo } from './adapters/socketio-frames.ts';
import { ask, request } from './adapters/this-server.ts';

interface GuesserOptions {
  url: string;
  connections: number;
}

export interface GuesserResult {
  seconds: number;
  /** PINs that the server checked, and guesses that it refused without a check. */
  checked: number;
  refused: number;
}

const { url, connections }: GuesserOptions = JSON.parse(process.argv[2] ?? '{}');
const owner = await openSocketIo(url);
const guests: { socket: WebSocket; token: string }[] = [];
for (let n = 0; n < connections; n += 1) {
  const { workspace } = await ask(owner, 'create', { workspace: { pin: '4711' }, attendee: {} });
  guests.push({ socket: await openSocketIo(url), token: workspace.token });
}

let isGuessing = false;
let [checked, refused, began] = [0, 0, 0];

async function guess({ socket, token }: (typeof guests)[number]): Promise<void> {
  for (let n = 0; isGuessing; n += 1) {
    const reply = await request(socket, 'attend', { workspace: { token, pin: `${n}x` }, attendee: {} });
    if (!isGuessing) return;
    if (!reply.ok && reply.error.code === 'WRONG_PIN') checked += 1;
    else refused += 1;
  }
}

let guesses: Promise<unknown> = Promise.resolve();
process.on('message', async () => {
  if (isGuessing) {
    isGuessing = false;
    const result: GuesserResult = { seconds: (performance.now() - began) / 1000, checked, refused };
    await guesses;
    process.send?.(result);
    return;
  }
  [isGuessing, checked, refused, began] = [true, 0, 0, performance.now()];
  guesses = Promise.all(guests.map(guess));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
