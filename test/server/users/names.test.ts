import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedName } from '../../../src/server/users/names.ts';

describe('names of the open directory', () => {
  it.each([
    ['Bob', 'bob', 'BOB', ' bob ', 'b\u200bob', '\ufeffBob', 'b\u00adob', '\u2067Bob\u2069'],
    ['Zoë', 'Zoe\u0308', 'ZOË', 'zoë'],
    ['Straße', 'STRASSE', 'straẞe', 'strasse'],
    ['Ｂｏｂ', '𝐁𝐨𝐛', 'ⓑⓞⓑ', 'bob'],
    ['ﬁona', 'Fiona', 'ﬁ\u200dona'],
    ['ΣΊΣΥΦΟΣ', 'Σίσυφος', 'σίσυφοσ'],
    ['Ada  Lovelace', 'ada\u00a0lovelace', 'ADA\u3000\u2003LOVELACE', 'ada\u2009lovelace', 'Ada\u2800Lovelace\u2800'],
    ['Ⅷ', 'VIII', 'viii'],
    ['각', '\u1100\u1161\u11a8'],
    ['İstanbul', 'i\u0307stanbul'],
  ])('are the same where people would say so: %s', (first, ...others) => {
    for (const other of others) expect(foldedName(other), JSON.stringify(other)).toBe(foldedName(first));
  });

  it('are others where people would say so', () => {
    const names = [
      'Bob',
      'Bobby',
      'Zoe',
      'Zoë',
      '李',
      '李李',
      'O’Brien',
      "O'Brien",
      'Ada Lovelace',
      'AdaLovelace',
      'a1',
      'a2',
    ];
    expect(new Set(names.map(foldedName)).size).toBe(names.length);
  });

  it.each(['', ' ', '\u200b', '\u200d\ufe0f', '\u00ad\u2060', '\u3164', '\u0000\u0007', '\u2003\u3000', '\u2800'])(
    'are nothing where nobody could see them: %j',
    (name) => {
      expect(foldedName(name)).toBe('');
    },
  );

  it('stay the same when they are folded again, in whatever form of Unicode they come', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (name) => {
        const folded = foldedName(name);
        expect(foldedName(folded)).toBe(folded);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(foldedName(name.normalize(form))).toBe(folded);
        expect(foldedName(name.normalize('NFD').toUpperCase())).toBe(folded);
      }),
      { numRuns: 500 },
    );
  });
});
