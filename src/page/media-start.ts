import type { LocalMedia } from '../client/media.ts';
import { Observable } from '../client/observable.ts';
import { rememberedDevices } from './remembered.ts';

/** Whether the browser is just being asked for camera and microphone. */
export const mediaIsOpening = new Observable(false);

/** Opens camera and microphone, as they were before a reload, and remembers from then on what is changed. */
export async function startMedia(media: LocalMedia): Promise<void> {
  const wishes = rememberedDevices.get();
  mediaIsOpening.set(true);
  await media.open({
    ...(wishes?.chosen.microphone ? { microphone: wishes.chosen.microphone } : {}),
    ...(wishes?.chosen.camera ? { camera: wishes.chosen.camera } : {}),
    muted: wishes?.microphone === false,
  });
  // A device that was chosen may have been unplugged since.
  if (wishes && media.state.value.problem === 'no-device') await media.open({ muted: wishes.microphone === false });
  if (wishes?.camera === false) await media.setCamera(false);
  mediaIsOpening.set(false);
  media.state.subscribe(({ microphone, camera, chosen, hasMicrophone, hasCamera }) => {
    // A device that is missing is no wish to be without it.
    rememberedDevices.set({ microphone: microphone || !hasMicrophone, camera: camera || !hasCamera, chosen });
  });
}

/** Asks again, after something stood in the way. */
export async function reopenMedia(media: LocalMedia): Promise<void> {
  mediaIsOpening.set(true);
  await media.open();
  mediaIsOpening.set(false);
}
