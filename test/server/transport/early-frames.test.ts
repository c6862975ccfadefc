import { once } from 'node:events';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { EARLY_BYTES, takeFrames } from '../../../src/server/transport/early-frames.ts';
import { frame } from '../../faults/websocket.ts';

/** The class with which ws reads frames. Its types do not name it. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

const text = fc.integer({ min: 0, max: EARLY_BYTES + 2 }).map((length) => 'é'.repeat(length / 2));

/** Messages as clients may send them: whole, or in two pieces, with a ping between them or not. */
const message = fc.record({ text, isSplit: fc.boolean(), pings: fc.boolean() });

function framesOf({ text: payload, isSplit, pings }: { text: string; isSplit: boolean; pings: boolean }): Buffer[] {
  const ping = pings ? [frame({ payload: 'ping', opcode: 9 })] : [];
  if (!isSplit) return [frame({ payload }), ...ping];
  const half = payload.length / 2;
  const rest = frame({ payload: payload.slice(half), opcode: 0 });
  return [frame({ payload: payload.slice(0, half), fin: false }), ...ping, rest];
}

it('What is taken early and what ws reads of the rest are all messages, in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 8 }), fc.nat({ max: 8 }), fc.nat(), async (messages, most, cut) => {
      const bytes = Buffer.concat(messages.flatMap(framesOf));
      const at = bytes.length === 0 ? 0 : cut % bytes.length;
      const read: string[] = [];
      const takeEarly = (taken: Buffer) => read.length < most && read.push(taken.toString()) > 0;
      const receiver = new Receiver({ isServer: true });
      receiver.on('message', (data: Buffer) => read.push(data.toString()));
      // TCP cuts anywhere. The first part begins with a frame, and the second one goes to ws, as after a piece of a frame.
      const first = bytes.subarray(0, at);
      receiver.write(first.subarray(takeFrames(first, { takeEarly })));
      receiver.end(bytes.subarray(at));
      await once(receiver, 'finish');
      expect(read).toEqual(messages.map((each) => each.text));
    }),
  );
});

it('It takes whole texts of 126 bytes up to the bound, and leaves every other frame as it is', () => {
  const taken: string[] = [];
  const reader = { takeEarly: (each: Buffer) => taken.push(each.toString()) > 0 };
  const size = (length: number) => ({ payload: 'x'.repeat(length) });
  for (const length of [126, 300, EARLY_BYTES]) {
    const bytes = frame(size(length));
    expect(takeFrames(bytes, reader)).toBe(bytes.length);
    expect(taken.pop()).toBe('x'.repeat(length));
  }
  const others = [
    frame(size(125)),
    frame(size(EARLY_BYTES + 1)),
    frame(size(70_000)),
    frame({ ...size(200), fin: false }),
    frame({ ...size(200), opcode: 2 }),
    frame({ ...size(200), reserved: 4 }),
    frame({ ...size(200), masked: false }),
    frame(size(200)).subarray(0, -1),
    frame(size(200)).subarray(0, 3),
    Buffer.alloc(0),
  ];
  for (const bytes of others) {
    const before = Buffer.from(bytes);
    expect(takeFrames(bytes, reader)).toBe(0);
    expect(bytes).toEqual(before);
  }
  expect(taken).toEqual([]);
});

it('A message that is left is as it was', () => {
  const bytes = frame({ payload: 'x'.repeat(200) });
  const before = Buffer.from(bytes);
  expect(takeFrames(bytes, { takeEarly: () => false })).toBe(0);
  expect(bytes).toEqual(before);
});
