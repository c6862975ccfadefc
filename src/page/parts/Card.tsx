import type { ComponentChildren } from 'preact';
import { Wordmark } from './Wordmark.tsx';

/** A page with a single message. */
export function Card({ children }: { children: ComponentChildren }) {
  return (
    <div class="lobby">
      <header class="lobby-header">
        <Wordmark />
      </header>
      <main class="card-place">
        <div class="card">{children}</div>
      </main>
    </div>
  );
}
