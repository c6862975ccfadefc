import { useEffect } from 'preact/hooks';
import { useClient } from './client-context.ts';
import { isTyping } from './is-typing.ts';
import { switches } from './switches.ts';

/** M toggles the microphone, V the camera, but not while the person types or holds a modifier key. */
export function useShortcuts(): void {
  const { media } = useClient();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping()) return;
      const { microphone, camera } = switches(media.state.value);
      const key = event.key.toLowerCase();
      if (key === 'm') void media.setMicrophone(!microphone);
      if (key === 'v') void media.setCamera(!camera);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [media]);
}
