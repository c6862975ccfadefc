import { inEachLanguage } from '../language.ts';
import { english, type Words } from './words/en.ts';

/** All texts of the page for operators alone, in the language of the moment. */
export let strings: Words = english;

inEachLanguage<Words>({ en: () => english, de: async () => (await import('./words/de.ts')).german }, (words) => {
  strings = words;
});
