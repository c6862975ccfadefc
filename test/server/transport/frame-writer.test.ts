import { once } from 'node:events';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { frameOf } from '../../../src/server/transport/frame-writer.ts';

/** The class with which ws reads frames. Its types do not name it. */
const { Receiver } = ws as unknown as { Receiver: new () => Writable };

/** Around the lengths at which RFC 6455, 5.2 takes two and eight bytes more. */
const lengths = fc.oneof(fc.nat({ max: 130 }), fc.integer({ min: 65_530, max: 65_540 }), fc.nat({ max: 200_000 }));

it('ws reads every frame as the message that it was made of, and nothing besides', async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat({ max: 0x7f }), async (length, code) => {
      const message = String.fromCharCode(code).repeat(length);
      const receiver = new Receiver();
      const received: string[] = [];
      receiver.on('message', (data: Buffer) => received.push(data.toString()));
      receiver.end(Buffer.from(frameOf(message) + frameOf('end'), 'latin1'));
      await once(receiver, 'finish');
      expect(received).toEqual([message, 'end']);
    }),
  );
});
