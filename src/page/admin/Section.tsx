import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import type { Answer, List } from './overview.ts';
import { strings } from './strings.ts';

interface SectionProps<Item> {
  title: string;
  answer: Answer<List<Item>>;
  /** Those of the answer that are shown; all, where it is left out. */
  shown?: (item: Item) => boolean;
  /** Said where there is nothing. */
  none: string;
  children: (items: readonly Item[]) => ComponentChildren;
}

/** A part of the page: a list, or why there is none. */
export function Section<Item>({ title, answer, shown = () => true, none, children }: SectionProps<Item>) {
  const id = useId();
  const items = answer.value?.items.filter(shown) ?? [];
  return (
    <section class="admin-section" aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {answer.value !== null && (
          <span class="quiet admin-count">
            {items.length}
            {answer.value.hasMore && '+'}
          </span>
        )}
      </h2>
      <ErrorNote text={answer.error} />
      {answer.value !== null && items.length === 0 && <p class="quiet">{none}</p>}
      {items.length > 0 && children(items)}
      {answer.value?.hasMore && <p class="quiet admin-more">{strings.more}</p>}
    </section>
  );
}
