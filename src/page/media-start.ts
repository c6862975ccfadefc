import type { LocalMedia } from '../client/media.ts';
import { Observable } from '../client/observable.ts';
import { rememberedDevices } from './remembered.ts';

/** Whether the browser is opening camera and microphone, and may ask the person for permission. */
export const mediaIsOpening = new Observable(false);

/** Opens camera and microphone as they were before a reload, and remembers every change from then on. */
export async function startMedia(media: LocalMedia): Promise<void> {
  const preferences = rememberedDevices.get();
  mediaIsOpening.set(true);
  await media.open({
    ...(preferences?.chosen.microphone ? { microphone: preferences.chosen.microphone } : {}),
    ...(preferences?.chosen.camera ? { camera: preferences.chosen.camera } : {}),
    muted: preferences?.microphone === false,
  });
  // The person may have unplugged a remembered device since.
  if (preferences && media.state.value.problem === 'no-device')
    await media.open({ muted: preferences.microphone === false });
  if (preferences?.camera === false) await media.setCamera(false);
  mediaIsOpening.set(false);
  media.state.subscribe(({ microphone, camera, chosen, hasMicrophone, hasCamera }) => {
    // A missing device does not mean that the person muted it.
    rememberedDevices.set({ microphone: microphone || !hasMicrophone, camera: camera || !hasCamera, chosen });
  });
}

/** Opens camera and microphone again after an attempt that failed. */
export async function reopenMedia(media: LocalMedia): Promise<void> {
  mediaIsOpening.set(true);
  await media.open();
  mediaIsOpening.set(false);
}
