import { useSyncExternalStore } from 'react';
import { type MediaState, type MediaWish, noMedia } from '../client/media-state.ts';
import { useActions, useStore } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';

const actions = (store: MeshStore) => ({
  open: (wish?: Partial<MediaWish>) => store.client.media.open(wish),
  close: () => store.client.media.close(),
  setMicrophone: (on: boolean) => store.client.media.setMicrophone(on),
  setCamera: (on: boolean) => store.client.media.setCamera(on),
  chooseDevice: (kind: 'microphone' | 'camera', deviceId: string) => store.client.media.useDevice(kind, deviceId),
  shareScreen: () => store.client.media.shareScreen(),
  stopScreen: () => store.client.media.stopScreen(),
});

/** The state of camera, microphone and screen of this page. */
export function useMediaState(): MediaState {
  const store = useStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.media,
    () => noMedia,
  );
}

/** Camera, microphone and screen of this page: `MediaState`, and the methods of `LocalMedia`. */
export function useMedia() {
  return { ...useMediaState(), ...useActions(actions) };
}
