import { describe, expect, it } from 'vitest';
import { partsOf } from '../../src/page/workspace/message-links.ts';

const linksIn = (text: string) =>
  partsOf(text)
    .filter(({ isLink }) => isLink)
    .map((part) => part.text);

describe('The links in a message', () => {
  it('are those of http and https, and the text around them stays as it was', () => {
    const text = 'See https://example.org/a?b=c#d, or HTTP://example.com (not ftp://example.net).';
    expect(linksIn(text)).toEqual(['https://example.org/a?b=c#d', 'HTTP://example.com']);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
    for (const other of ['javascript:alert(1)', 'data:text/html,x', 'www.example.org', 'https://', 'mailto:a@b.c']) {
      expect(linksIn(other), other).toEqual([]);
    }
  });

  it('end before the punctuation of the sentence, and keep brackets that they have opened', () => {
    expect(linksIn('(https://example.org/Knee_(joint))')).toEqual(['https://example.org/Knee_(joint)']);
    expect(linksIn('Is it https://example.org/?!')).toEqual(['https://example.org/']);
    expect(linksIn('“https://example.org”')).toEqual(['https://example.org']);
  });

  it('end before characters that turn text round or that nobody sees', () => {
    expect(linksIn('https://example.org/\u202egpj.exe')).toEqual(['https://example.org/']);
    expect(linksIn('https://example.org\u2066/a')).toEqual(['https://example.org']);
    expect(linksIn('https://exam\u200bple.org')).toEqual(['https://exam']);
  });

  it('have no user name, which could pass for the host', () => {
    expect(linksIn('https://bank.example@evil.example/')).toEqual([]);
    expect(linksIn('https://bank.example:443@evil.example/')).toEqual([]);
    expect(linksIn('https://example.org/@ada')).toEqual(['https://example.org/@ada']);
  });
});
