import { useEffect, useState } from 'preact/hooks';

/** This width has space for the panel beside the call; the same as in workspace.css and panel.css. */
const WIDE = '(min-width: 60rem)';

export type PanelName = 'people' | 'chat';

/**
 * The panel that is shown, if any. On small screens it makes room when a call begins, and comes back afterwards.
 * @param first the panel that is open at first where there is space, if any
 * @returns the panel, and a function that shows one, or hides it if it is shown
 */
export function usePanel(isOnCall: boolean, first: PanelName | null): [PanelName | null, (name: PanelName) => void] {
  const [panel, setPanel] = useState<PanelName | null>(() => (!isOnCall || matchMedia(WIDE).matches ? first : null));
  useEffect(() => {
    if (!matchMedia(WIDE).matches) setPanel(isOnCall ? null : first);
  }, [isOnCall, first]);
  return [panel, (name) => setPanel((former) => (former === name ? null : name))];
}
