import { Observable } from './observable.ts';

/**
 * Why a device is missing. permission-denied: the person or the browser refused it. no-device: there is none.
 * device-busy: another program uses it. insecure-page: the page has no secure context, which getUserMedia needs.
 */
export type MediaProblem = 'permission-denied' | 'no-device' | 'device-busy' | 'insecure-page';

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
  /** All devices that the browser lists. Their labels are empty until the person allowed access. */
  readonly devices: { readonly microphones: readonly MediaDeviceInfo[]; readonly cameras: readonly MediaDeviceInfo[] };
  /** The `deviceId` of the devices that are open, or were open last. */
  readonly chosen: { readonly microphone: string | null; readonly camera: string | null };
  /** Why the last attempt to open a device failed; null if it succeeded. */
  readonly problem: MediaProblem | null;
}

const nothing: MediaState = {
  stream: null,
  microphone: false,
  camera: false,
  screen: false,
  hasMicrophone: false,
  hasCamera: false,
  devices: { microphones: [], cameras: [] },
  chosen: { microphone: null, camera: null },
  problem: null,
};

function problemOf(error: unknown): MediaProblem {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'permission-denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'device-busy';
  return 'no-device';
}

/** Pictures of this size are enough for tiles, and a mesh sends one to each participant. */
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24 } };

/** Camera, microphone and screen of this page. A change during a call replaces tracks, and needs no negotiation. */
export class LocalMedia {
  /** The state of the devices; it changes with every method below, and when somebody plugs a device in or out. */
  readonly state = new Observable<MediaState>(nothing);
  #audio: MediaStreamTrack | null = null;
  #video: MediaStreamTrack | null = null;
  #screen: MediaStreamTrack | null = null;
  readonly #onDeviceChange = () => void this.#listDevices();

  /** The tracks to send. A muted microphone stays open and sends silence; a camera that is off is closed. */
  get tracks(): { audio: MediaStreamTrack | null; video: MediaStreamTrack | null } {
    return { audio: this.#audio, video: this.#screen ?? this.#video };
  }

  /**
   * Opens microphone and camera, or the one of them that is available. It never rejects; `state.problem` says why a
   * device is missing.
   * @param choice `deviceId`s of microphone and camera, and whether the microphone starts muted
   */
  async open(choice: { microphone?: string; camera?: string; muted?: boolean } = {}): Promise<void> {
    if (!navigator.mediaDevices) {
      this.#patch({ problem: 'insecure-page' });
      return;
    }
    navigator.mediaDevices.addEventListener('devicechange', this.#onDeviceChange);
    const audio = choice.microphone ? { deviceId: { exact: choice.microphone } } : true;
    const video = { ...PICTURE, ...(choice.camera ? { deviceId: { exact: choice.camera } } : {}) };
    // One request for both asks the person once. If it fails, one of the two may still be available.
    const together = await Promise.allSettled([this.#get({ audio, video })]);
    const results =
      together[0].status === 'fulfilled'
        ? together
        : await Promise.allSettled([this.#get({ audio }), this.#get({ video })]);
    for (const result of results) {
      if (result.status === 'rejected') continue;
      for (const track of result.value.getTracks()) {
        if (track.kind === 'audio') track.enabled = !choice.muted;
        this.#adopt(track);
      }
    }
    const failed = results.find((result) => result.status === 'rejected');
    this.#patch({ problem: failed ? problemOf(failed.reason) : null });
    await this.#listDevices();
  }

  /** Changes to another microphone or camera, also during a call. It never rejects; see `state.problem`. */
  async useDevice(kind: 'microphone' | 'camera', deviceId: string): Promise<void> {
    const device = { deviceId: { exact: deviceId } };
    try {
      const stream = await this.#get(kind === 'microphone' ? { audio: device } : { video: { ...PICTURE, ...device } });
      const on = kind === 'microphone' ? this.state.value.microphone : true;
      for (const track of stream.getTracks()) this.#adopt(track);
      if (kind === 'microphone' && this.state.value.hasMicrophone) this.setMicrophone(on);
      this.#patch({ problem: null });
    } catch (error) {
      this.#patch({ problem: problemOf(error) });
    }
  }

  /** Mutes or unmutes the microphone. Without an open one it does nothing. */
  setMicrophone(on: boolean): void {
    if (this.#audio) this.#audio.enabled = on;
    this.#patch({ microphone: on && this.#audio !== null });
  }

  /** Turns the camera on or off; off, it is closed and its light goes out. It never rejects; see `state.problem`. */
  async setCamera(on: boolean): Promise<void> {
    if (!on) {
      this.#video?.stop();
      this.#video = null;
      this.#refresh();
      return;
    }
    const { camera } = this.state.value.chosen;
    try {
      const device = camera ? { deviceId: { ideal: camera } } : {};
      const stream = await this.#get({ video: { ...PICTURE, ...device } });
      for (const track of stream.getTracks()) this.#adopt(track);
      this.#patch({ problem: null });
    } catch (error) {
      this.#patch({ problem: problemOf(error) });
    }
  }

  /**
   * Sends the screen instead of the camera, until `stopScreen` or the browser's own button ends it. If the person
   * cancels, nothing changes.
   */
  async shareScreen(): Promise<void> {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true }).catch(() => null);
    const [track] = stream?.getVideoTracks() ?? [];
    if (!track) return;
    this.#screen?.stop();
    this.#screen = track;
    track.addEventListener('ended', () => this.stopScreen());
    this.#refresh();
  }

  /** Sends the camera again. */
  stopScreen(): void {
    this.#screen?.stop();
    this.#screen = null;
    this.#refresh();
  }

  /** Closes all devices. */
  close(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
    for (const track of [this.#audio, this.#video, this.#screen]) track?.stop();
    this.#audio = null;
    this.#video = null;
    this.#screen = null;
    this.#refresh();
  }

  #get(constraints: MediaStreamConstraints): Promise<MediaStream> {
    return navigator.mediaDevices.getUserMedia(constraints);
  }

  #adopt(track: MediaStreamTrack): void {
    if (track.kind === 'audio') {
      this.#audio?.stop();
      this.#audio = track;
    } else {
      this.#video?.stop();
      this.#video = track;
    }
    // The person pulled the device out.
    track.addEventListener('ended', () => {
      if (track === this.#audio) this.#audio = null;
      else if (track === this.#video) this.#video = null;
      else return;
      this.#refresh();
    });
    this.#refresh();
  }

  #refresh(): void {
    const { audio, video } = this.tracks;
    const { chosen, hasCamera } = this.state.value;
    this.#patch({
      stream: audio || video ? new MediaStream([audio, video].filter((track) => track !== null)) : null,
      microphone: audio?.enabled ?? false,
      camera: this.#video !== null,
      screen: this.#screen !== null,
      hasMicrophone: audio !== null,
      hasCamera: hasCamera || this.#video !== null,
      chosen: {
        microphone: audio?.getSettings().deviceId ?? chosen.microphone,
        camera: this.#video?.getSettings().deviceId ?? chosen.camera,
      },
    });
  }

  async #listDevices(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices();
    this.#patch({
      devices: {
        microphones: all.filter(({ kind }) => kind === 'audioinput'),
        cameras: all.filter(({ kind }) => kind === 'videoinput'),
      },
    });
  }

  #patch(patch: Partial<MediaState>): void {
    this.state.set({ ...this.state.value, ...patch });
  }
}
