import { Languages } from 'lucide-preact';
import { announce } from '../announcements.ts';
import { type Language, language, languages, setLanguage } from '../language.ts';
import { rememberedLanguage } from '../remembered.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

const choices = Object.entries(languages) as [Language, string][];

/** Lets the person choose the language of the page, which remembers it. */
export function LanguageChoice() {
  const current = useObservable(language);
  const choose = async (select: HTMLSelectElement) => {
    const tag = select.value as Language;
    try {
      await setLanguage(tag);
      rememberedLanguage.set(tag);
    } catch {
      select.value = language.value;
      announce(strings.languageAway, 'error');
    }
  };
  return (
    <div class="language-choice" title={strings.language}>
      <Languages size={18} />
      <select
        aria-label={strings.language}
        value={current}
        onChange={({ currentTarget }) => void choose(currentTarget)}
      >
        {choices.map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
