import type { LocalMedia } from '../client/media.ts';
import { rememberedWish } from './remembered.ts';

/** Opens camera and microphone as the person wanted them before a reload, and remembers every change from then on. */
export function startMedia(media: LocalMedia): void {
  const wish = rememberedWish.get();
  media.state.subscribe(({ wish }) => rememberedWish.set(wish));
  void media.open(wish);
}
