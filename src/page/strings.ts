import { inEachLanguage } from './language.ts';
import { english, type Words } from './words/en.ts';

/**
 * All texts that people read or hear on this page, in the language of the moment. App draws everything anew when that
 * changes, so read a text where it is shown, and keep none.
 */
export let strings: Words = english;

inEachLanguage<Words>({ en: () => english, de: async () => (await import('./words/de.ts')).german }, (words) => {
  strings = words;
});
