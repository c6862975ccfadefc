import { describe, expect, it } from 'vitest';
import { CommandError } from '../../src/client/errors.ts';
import { describeError } from '../../src/page/describe-error.ts';
import { german } from '../../src/page/words/de.ts';
import { english } from '../../src/page/words/en.ts';
import { grammarOf } from '../../src/page/words/grammar.ts';
import type { WireError } from '../../src/protocol/errors.ts';

describe('Words with a count', () => {
  it('have the forms of their language, of which there can be more than two', () => {
    const { plural } = grammarOf('pl');
    const forms = { one: '# osoba', few: '# osoby', many: '# osób', other: '# osoby' };
    expect([1, 3, 5, 22].map((count) => plural(count, forms))).toEqual(['1 osoba', '3 osoby', '5 osób', '22 osoby']);
  });

  it('write the number as people of that language do', () => {
    expect(english.chat.unread(1234)).toBe('Chat, 1,234 new messages');
    expect(german.chat.unread(1234)).toBe('Chat, 1.234 neue Nachrichten');
  });

  it('say durations in words', () => {
    expect(english.events.ending(1)).toBe('The call ends in 1 second.');
    expect(english.events.ending(60)).toBe('The call ends in 1 minute.');
    expect(english.waitingRoom.since(5)).toBe('Has been waiting for 5 minutes');
    expect(german.events.ending(300)).toBe('Das Gespräch endet in 5 Minuten.');
    expect(german.waitingRoom.since(1)).toBe('Wartet seit 1 Minute');
  });
});

describe('The sentence for an error', () => {
  const errorOf = (code: string, message: string) => describeError(new CommandError({ code, message } as WireError));

  it('is that of the page where it has one, or else that of the server, which may be newer', () => {
    expect(errorOf('WRONG_PIN', 'The link or the PIN is not right.')).toBe(english.errors.WRONG_PIN);
    expect(errorOf('OWNER_ONLY', 'Only the owner can do that.')).toBe('Only the owner can do that.');
    expect(errorOf('NEW_TOMORROW', 'That is new.')).toBe('That is new.');
  });
});
