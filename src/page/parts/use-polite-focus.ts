import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { announce } from '../announcements.ts';
import { isTyping } from '../is-typing.ts';

/**
 * Moves the focus to something that came by itself, unless the person types or answers a dialog: then screen readers only say
 * its title. Afterwards the focus goes back to its former element.
 */
export function usePoliteFocus(target: RefObject<HTMLElement>, title: string): void {
  useEffect(() => {
    if (isTyping() || document.querySelector('dialog[open]')) {
      announce(title);
      return;
    }
    const former = document.activeElement;
    const region = target.current?.closest('[role="alertdialog"]');
    target.current?.focus();
    return () => {
      // The person may have moved the focus in the meantime.
      if (!region?.contains(document.activeElement)) return;
      const back = former !== document.body && former?.isConnected ? former : document.querySelector('.stage');
      if (back instanceof HTMLElement) back.focus();
    };
  }, [title]);
}
