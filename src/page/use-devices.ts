import { useEffect } from 'preact/hooks';
import { useClient } from './client-context.ts';
import { rememberedWish } from './remembered.ts';

/** Has camera and microphone open, as the person wanted them last, while they are needed. */
export function useDevices(areNeeded: boolean): void {
  const { media } = useClient();
  useEffect(() => {
    if (!areNeeded) return;
    void media.open(rememberedWish.get());
    return () => media.close();
  }, [media, areNeeded]);
}
