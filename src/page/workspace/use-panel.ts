import { useEffect, useState } from 'preact/hooks';

/** This width has space for the panel beside the call; the same as in workspace.css and panel.css. */
const WIDE = '(min-width: 60rem)';

/** Whether the panel is shown. On small screens it makes room when a call begins, and comes back afterwards. */
export function usePanel(isOnCall: boolean): [boolean, () => void] {
  const [isOpen, setOpen] = useState(() => !isOnCall || matchMedia(WIDE).matches);
  useEffect(() => {
    if (!matchMedia(WIDE).matches) setOpen(!isOnCall);
  }, [isOnCall]);
  return [isOpen, () => setOpen(!isOpen)];
}
