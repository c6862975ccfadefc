import { useEffect } from 'preact/hooks';

/**
 * Moves the focus to the stage when the focused element disappears (a button that did its work, an attendee that left).
 * Browsers would leave it nowhere, and people without a mouse or without sight would lose their place.
 */
export function useFocusFallback(): void {
  useEffect(() => {
    let last: EventTarget | null = null;
    const onFocus = ({ target }: FocusEvent) => {
      last = target;
    };
    const observer = new MutationObserver(() => {
      if (!(last instanceof Element) || last.isConnected || document.activeElement !== document.body) return;
      document.querySelector<HTMLElement>('.stage')?.focus();
    });
    document.addEventListener('focusin', onFocus);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', onFocus);
      observer.disconnect();
    };
  }, []);
}
