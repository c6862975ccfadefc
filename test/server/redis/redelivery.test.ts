import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lateMessage, type Outcome, openLateMessage, Redelivery } from '../../../src/server/redis/redelivery.ts';

/** The results of the attempts on one channel, in order; all later attempts are received. */
const outcomes = fc.array(fc.constantFrom<Outcome>('received', 'unheard', 'unsent', 'unknown'), { maxLength: 5 });

const channel = fc.record({ messages: fc.integer({ min: 1, max: 5 }), outcomes });

it('each message is published until a node receives it: in the order of its channel, and never again', async () => {
  await fc.assert(
    // Many channels at once, because each takes a while.
    fc.asyncProperty(fc.array(channel, { minLength: 50, maxLength: 50 }), async (channels) => {
      const attempts = channels.map((): { message: string; outcome: Outcome }[] => []);
      const redelivery = new Redelivery(async (name, message) => {
        const of = attempts[Number(name)];
        const outcome = channels[Number(name)]?.outcomes[of?.length ?? 0] ?? 'received';
        of?.push({ message: message.toString(), outcome });
        return outcome;
      });
      for (const [at, { messages }] of channels.entries()) {
        for (let n = 0; n < messages; n += 1) redelivery.add(String(at), Buffer.from(String(n)));
      }
      await expect.poll(() => channels.some((_, at) => redelivery.has(String(at))), { timeout: 20_000 }).toBe(false);
      for (const [at, { messages }] of channels.entries()) {
        const settled = attempts[at]?.filter(({ outcome }) => outcome === 'received' || outcome === 'unknown');
        expect(settled?.map(({ message }) => message)).toEqual(Array.from({ length: messages }, (_, n) => String(n)));
      }
      redelivery.close();
    }),
    { numRuns: 3 },
  );
});

it('a message that comes while another one of its channel is published waits behind it', async () => {
  const received: string[] = [];
  const redelivery = new Redelivery(async (name, message) => {
    if (message.toString() === 'first') redelivery.add(name, Buffer.from('second'));
    received.push(message.toString());
    return 'received';
  });
  redelivery.add('channel', Buffer.from('first'));
  await expect.poll(() => redelivery.has('channel')).toBe(false);
  expect(received).toEqual(['first', 'second']);
});

it('nothing is published after it was closed', async () => {
  let attempts = 0;
  const redelivery = new Redelivery(async () => {
    attempts += 1;
    redelivery.close();
    return 'unheard';
  });
  redelivery.add('one', Buffer.from('message'));
  await expect.poll(() => attempts).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(attempts).toBe(1);
  expect(redelivery.has('one')).toBe(false);
});

it('a message that is published again says when it was published first, and is otherwise the same', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
      const message = Buffer.from(bytes);
      expect(openLateMessage(lateMessage(message, at))).toEqual({ message, at });
    }),
  );
  expect(openLateMessage(Buffer.from('{"type":3}'))).toBeNull();
});
