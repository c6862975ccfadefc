import type { MediaState } from '../client/media-state.ts';

/**
 * How the switches of microphone and camera stand: as the device is, and while the browser opens the device and may ask
 * the person, as the person wants it.
 */
export function switches({ microphone, camera, opening, wish }: MediaState): { microphone: boolean; camera: boolean } {
  return {
    microphone: opening.microphone ? !wish.muted : microphone,
    camera: opening.camera ? !wish.cameraOff : camera,
  };
}
