import type { ComponentChildren } from 'preact';
import { LanguageChoice } from './LanguageChoice.tsx';
import { Wordmark } from './Wordmark.tsx';

/** A page with a single message. */
export function Card({ children }: { children: ComponentChildren }) {
  return (
    <div class="lobby">
      <header class="lobby-header">
        <Wordmark />
        <LanguageChoice />
      </header>
      <main class="card-place">
        <div class="card">{children}</div>
      </main>
    </div>
  );
}
