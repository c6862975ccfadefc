import { useEffect } from 'preact/hooks';
import { useClient } from './client-context.ts';
import { isTyping } from './is-typing.ts';

/** M: microphone, V: camera. Not while somebody types, and not together with other keys. */
export function useShortcuts(): void {
  const { media } = useClient();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping()) return;
      const { microphone, hasMicrophone, camera, hasCamera } = media.state.value;
      const key = event.key.toLowerCase();
      if (key === 'm' && hasMicrophone) media.setMicrophone(!microphone);
      if (key === 'v' && hasCamera) void media.setCamera(!camera);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [media]);
}
