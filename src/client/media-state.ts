import type { MediaProblem } from './device.ts';

/** The person's wishes about microphone and camera, whether these are open or not. */
export interface MediaWish {
  /** The `deviceId` of the microphone; null: the one that the browser chooses. */
  readonly microphone: string | null;
  /** The `deviceId` of the camera; null: the one that the browser chooses. */
  readonly camera: string | null;
  readonly muted: boolean;
  readonly cameraOff: boolean;
}

/** The state of camera, microphone and screen of this page. */
export interface MediaState {
  /** The tracks that the client sends: microphone and camera, or the screen in place of the camera. null: none. */
  readonly stream: MediaStream | null;
  /** Whether the microphone is open and not muted. */
  readonly microphone: boolean;
  /** Whether the camera is on. */
  readonly camera: boolean;
  /** Whether the screen is shared. */
  readonly screen: boolean;
  /** Whether a microphone is open, muted or not. */
  readonly hasMicrophone: boolean;
  /** Whether a camera was ever open; it may be off now. */
  readonly hasCamera: boolean;
  /** Whether the browser is opening the device, and may ask the person for permission. */
  readonly opening: { readonly microphone: boolean; readonly camera: boolean };
  /** All devices that the browser lists. Their labels are empty until the person allowed access. */
  readonly devices: { readonly microphones: readonly MediaDeviceInfo[]; readonly cameras: readonly MediaDeviceInfo[] };
  /** The `deviceId` of the devices that are open, or would be opened next. */
  readonly chosen: { readonly microphone: string | null; readonly camera: string | null };
  /** The person's wishes. They outlive unplugged devices, `close` and, if the host gives it to `open`, a reload. */
  readonly wish: MediaWish;
  /** Why a device that the person wants could not be opened; null if none is missing. */
  readonly problem: MediaProblem | null;
}

export const noMedia: MediaState = {
  stream: null,
  microphone: false,
  camera: false,
  screen: false,
  hasMicrophone: false,
  hasCamera: false,
  opening: { microphone: false, camera: false },
  devices: { microphones: [], cameras: [] },
  chosen: { microphone: null, camera: null },
  wish: { microphone: null, camera: null, muted: false, cameraOff: false },
  problem: null,
};
