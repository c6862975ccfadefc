import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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

  it('write sizes as people of that language do', () => {
    expect(english.recording.upload.left(2_350_000, 12_000_000)).toBe('2.4 MB of 12 MB left.');
    expect(german.recording.upload.left(999, 2_350_000)).toBe('Noch 1 kB von 2,4 MB.');
  });
});

describe('The text to which people agree who are recorded', () => {
  const recordingPage = readFileSync(new URL('../../docs/recording.md', import.meta.url), 'utf8');
  /** The texts in the documentation, by their versions, as one line. */
  const documented = new Map(
    [...recordingPage.matchAll(/^`([a-z]{2}-\d+)`\n((?:>.*\n)+)/gm)].map(([, version, text = '']) => [
      version,
      text.replace(/^> ?/gm, '').trim().replace(/\s+/g, ' '),
    ]),
  );

  it.each([english, german])('is in docs/recording.md with its version, which the server keeps', ({ recording }) => {
    expect(documented.get(recording.consent.version)).toBe(recording.consent.text.join(' '));
  });

  it('has another version wherever it is another text', () => {
    const shortSum = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
    // A text that changes gets a version and a line of its own; the former ones stay.
    expect([...documented].map(([version, text]) => `${version} ${shortSum(text)}`)).toEqual([
      'en-1 abfee6f91e81',
      'de-1 e10fbcc599a2',
    ]);
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
