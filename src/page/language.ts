import { Observable } from '../client/observable.ts';
import { rememberedLanguage } from './remembered.ts';

/** The languages of the page by their tags (BCP 47), each with its own name. */
export const languages = { en: 'English', de: 'Deutsch' };

export type Language = keyof typeof languages;

/** The language of the page. Its words are there before it changes. */
export const language = new Observable<Language>('en');

/** Loads words of a language. @returns a function that begins to use them */
type Loader = (tag: Language) => Promise<() => void>;

const loaders: Loader[] = [];
let wanted: Language = 'en';

/**
 * Keeps words in the language of the page.
 * @param words where they are in each language; a file of words is loaded when somebody wants it
 * @param use called with the words of every language that is chosen
 */
export function inEachLanguage<Words>(
  words: Record<Language, () => Words | Promise<Words>>,
  use: (words: Words) => void,
) {
  loaders.push(async (tag) => {
    const loaded = await words[tag]();
    return () => use(loaded);
  });
}

/** Puts the page into a language. @throws TypeError where its words cannot be loaded: the page stays as it is */
export async function setLanguage(tag: Language): Promise<void> {
  wanted = tag;
  const uses = await Promise.all(loaders.map((load) => load(tag)));
  // The person has chosen another one meanwhile.
  if (wanted !== tag) return;
  for (const use of uses) use();
  document.documentElement.lang = tag;
  language.set(tag);
}

const known = (tag: string): tag is Language => Object.hasOwn(languages, tag);

/** '' where the tag is none: a browser on Linux may have `en-US@posix`. */
function languageOf(tag: string): string {
  try {
    return new Intl.Locale(tag).language;
  } catch {
    return '';
  }
}

/** The language that the person chose here before, or else the first of the browser's that the page has. */
export function preferredLanguage(): Language {
  return [rememberedLanguage.get(), ...navigator.languages.map(languageOf)].find(known) ?? 'en';
}

/** The language of a tag such as `de-AT`, or else the preferred one. */
export function languageFor(tag: string): Language {
  return [languageOf(tag)].find(known) ?? preferredLanguage();
}

/** The tag by which Intl writes times: the language of the page, with the person's region where the browser has it (`en-GB`). */
export function locale(): string {
  return navigator.languages.find((tag) => languageOf(tag) === language.value) ?? language.value;
}
