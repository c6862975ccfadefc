import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyChat, latestSeq, withAnswer, withMessages, withSending } from '../../src/client/chat-log.ts';

const record = (seq: number, from: string, messageId = `m-${seq}`) => ({
  seq,
  at: seq,
  from: { id: from, name: from },
  messageId,
  text: `Message ${seq}`,
});
const isOwn = ({ id }: { id: string }) => id === '_me';

describe('The chat', () => {
  it('has each message once and in its place, however they come', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(seqs, fc.array(fc.integer({ min: 1, max: 5 })), (order, sizes) => {
        let chat = emptyChat;
        for (let at = 0, turn = 0; at < order.length; turn += 1) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? 1;
          // Each page overlaps with the one before.
          chat = withMessages(
            chat,
            order.slice(Math.max(0, at - 1), at + size).map((seq) => record(seq, '_bob')),
            isOwn,
          );
          at += size;
        }
        expect(chat.messages.map(({ seq }) => seq)).toEqual([...order].sort((one, other) => one - other));
        expect(latestSeq(chat)).toBe(Math.max(...order));
        expect(new Set(chat.messages.map(({ key }) => key)).size).toBe(order.length);
      }),
    );
  });

  it('shows an own message once, whether its answer or the message itself comes first', () => {
    const sending = withSending(emptyChat, { key: 'k', from: { id: '_me', name: 'Me' }, text: 'Hi' });
    expect(sending.messages).toMatchObject([{ key: 'k', seq: null, state: 'sending', isOwn: true }]);
    const answered = withAnswer(sending, 'k', { seq: 4, at: 9 });
    const arrived = withMessages(sending, [record(4, '_me', 'k')], isOwn);
    for (const chat of [
      withMessages(answered, [record(4, '_me', 'k')], isOwn),
      withAnswer(arrived, 'k', { seq: 4, at: 9 }),
    ]) {
      expect(chat.messages).toMatchObject([{ key: 'k', seq: 4, state: 'sent', isOwn: true }]);
    }
  });

  it('keeps a message of somebody else who chose the same id', () => {
    const sending = withSending(emptyChat, { key: 'k', from: { id: '_me', name: 'Me' }, text: 'Hi' });
    const chat = withMessages(sending, [record(1, '_bob', 'k')], isOwn);
    expect(chat.messages).toMatchObject([
      { seq: 1, isOwn: false },
      { key: 'k', state: 'sending' },
    ]);
  });

  it('lets messages that wait stay behind those that the server has, in the order in which they were written', () => {
    let chat = emptyChat;
    for (const key of ['a', 'b', 'c']) chat = withSending(chat, { key, from: { id: '_me', name: 'Me' }, text: key });
    chat = withMessages(withAnswer(chat, 'a', 'failed'), [record(7, '_bob')], isOwn);
    chat = withAnswer(chat, 'b', { seq: 8, at: 1 });
    expect(chat.messages.map(({ key, state }) => `${key} ${state}`)).toEqual([
      '#7 sent',
      'b sent',
      'a failed',
      'c sending',
    ]);
  });
});
