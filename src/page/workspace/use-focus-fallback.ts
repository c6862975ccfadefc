import { useEffect } from 'preact/hooks';

/**
 * Where what has the focus goes away (a button that did its work, somebody who left), the focus goes to the stage.
 * Browsers would put it nowhere, and people without a mouse or without sight would lose their place.
 */
export function useKeptFocus(): void {
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
