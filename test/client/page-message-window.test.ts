import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../src/client/state.ts';
import { kept, lastOf, type MessageWindow, movedDown, movedUp } from '../../src/page/workspace/message-window.ts';

/** Messages from one `seq` to another. */
const chat = (from: number, to: number): ChatMessage[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    key: `#${from + index}`,
    seq: from + index,
    at: 0,
    from: { id: '_bob', name: 'Bob' },
    text: '',
    isOwn: false,
    state: 'sent',
  }));

const MOST = 120;

describe('The part of a chat that is drawn', () => {
  it('is its end at first, and reaches each message without ever being long', () => {
    const messages = chat(1, 1_000);
    let part = lastOf(messages);
    expect(part.end).toBe(1_000);
    const seen = new Set<number>();
    const look = ({ start, end }: MessageWindow) => {
      expect(end - start).toBeLessThanOrEqual(MOST);
      for (let index = start; index < end; index += 1) seen.add(index);
    };
    for (look(part); part.start > 0; look(part)) {
      const next = movedUp(part);
      // What was in sight before is still drawn.
      expect(next.end).toBeGreaterThan(part.start);
      part = next;
    }
    expect(seen.size).toBe(1_000);
    for (look(part); part.end < 1_000; look(part)) {
      const next = movedDown(part, 1_000);
      expect(next.start).toBeLessThan(part.end);
      part = next;
    }
  });

  it('holds the same messages when earlier ones come before them and new ones after', () => {
    const former = chat(101, 200);
    const part = { start: 10, end: 70 };
    const messages = chat(1, 203);
    const next = kept(part, former[0], messages);
    expect(messages.slice(next.start, next.end)).toEqual(former.slice(part.start, part.end));
  });

  it('is the end of another chat', () => {
    const other = chat(501, 900);
    expect(kept({ start: 0, end: 60 }, chat(1, 1)[0], other)).toEqual(lastOf(other));
    expect(kept({ start: 0, end: 0 }, undefined, other)).toEqual(lastOf(other));
    expect(lastOf([])).toEqual({ start: 0, end: 0 });
  });
});
