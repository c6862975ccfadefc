import { Device, fulfil, fulfilAlone, type Wish } from './device.ts';
import { type MediaState, type MediaWish, noMedia } from './media-state.ts';
import { Observable } from './observable.ts';

/** Pictures of this size are enough for tiles, and a mesh sends one to each participant. */
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24 } };

/**
 * Camera, microphone and screen of this page. A change during a call replaces tracks, and needs no negotiation.
 *
 * For each device the last wish counts, also while the browser still asks the person: a track for a former wish is
 * stopped at once. No method turns on a device that it was not called for: mute, camera off and chosen devices stay as
 * they are until a method changes them, also while devices are opened, closed or unplugged.
 */
export class LocalMedia {
  /** The state of the devices; it changes with every method below, and when somebody plugs a device in or out. */
  readonly state = new Observable(noMedia);
  readonly #microphone = new Device('audio', {}, () => this.#refresh());
  readonly #camera = new Device('video', PICTURE, () => this.#refresh());
  #isMuted = false;
  #isCameraOff = false;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #screen: MediaStreamTrack | null = null;
  /** The number of the last wish about the screen. */
  #screenWish = 0;
  readonly #onDeviceChange = () => void this.#listDevices();

  /** The tracks to send. A muted microphone stays open and sends silence; a camera that is off is closed. */
  get tracks(): { audio: MediaStreamTrack | null; video: MediaStreamTrack | null } {
    return { audio: this.#microphone.track, video: this.#screen ?? this.#camera.track };
  }

  /**
   * Opens microphone and camera, or the one of them that is available, unless they are open. A microphone that was muted
   * comes muted, and a camera that is off stays closed. It never rejects; `state.problem` says why a device is missing.
   * @param wish replaces a part of `state.wish`: `deviceId`s of microphone and camera (if a device is missing, another one
   *   will do), whether the microphone is muted, and whether the camera is off
   */
  async open(wish: Partial<MediaWish> = {}): Promise<void> {
    this.#phase = 'open';
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#onDeviceChange);
    this.#isMuted = wish.muted ?? this.#isMuted;
    this.#isCameraOff = wish.cameraOff ?? this.#isCameraOff;
    if (this.#isCameraOff) this.#camera.close();
    const isMissing = (device: Device, chosen: string | null = null) => {
      device.chosen = chosen ?? device.chosen;
      return !device.track || (chosen !== null && chosen !== device.openId);
    };
    const missing = [
      ...(isMissing(this.#microphone, wish.microphone) ? [this.#microphone] : []),
      ...(isMissing(this.#camera, wish.camera) && !this.#isCameraOff ? [this.#camera] : []),
    ];
    await this.#open(missing);
  }

  /**
   * Changes to another microphone or camera, also during a call. A camera that is off, or a device after `close`, is
   * changed when it is opened next. If the device cannot be opened, the former one goes on. It never rejects; see
   * `state.problem`.
   */
  async useDevice(kind: 'microphone' | 'camera', deviceId: string): Promise<void> {
    const device = kind === 'microphone' ? this.#microphone : this.#camera;
    device.chosen = deviceId;
    const isOff = this.#phase === 'closed' || (device === this.#camera && this.#isCameraOff);
    await this.#open(isOff || device.openId === deviceId ? [] : [device], true);
    // The choice was in vain, unless the person has made another one since.
    if (device.chosen === deviceId) device.chosen = device.openId ?? deviceId;
    this.#refresh();
  }

  /**
   * Mutes or unmutes the microphone. To unmute also opens a microphone that is missing, if `open` was called before. It
   * never rejects; see `state.problem`.
   */
  async setMicrophone(on: boolean): Promise<void> {
    this.#isMuted = !on;
    this.#refresh();
    if (on && this.#phase === 'open' && !this.#microphone.track) await this.#open([this.#microphone]);
  }

  /** Turns the camera on or off; off, it is closed and its light goes out. It never rejects; see `state.problem`. */
  async setCamera(on: boolean): Promise<void> {
    this.#isCameraOff = !on;
    if (!on) this.#camera.close();
    this.#refresh();
    if (on && !this.#camera.track) await this.#open([this.#camera]);
  }

  /**
   * Sends the screen instead of the camera, until `stopScreen` or the browser's own button ends it. If the person
   * cancels, or the browser cannot share, nothing changes. It never rejects.
   */
  async shareScreen(): Promise<void> {
    this.#screenWish += 1;
    const wish = this.#screenWish;
    const stream = await askForScreen().catch(() => null);
    const [track] = stream?.getVideoTracks() ?? [];
    if (!track) return;
    if (wish !== this.#screenWish) {
      track.stop();
      return;
    }
    this.#screen?.stop();
    this.#screen = track;
    track.addEventListener('ended', () => {
      if (track === this.#screen) this.stopScreen();
    });
    this.#refresh();
  }

  /** Sends the camera again. A screen that the browser still asks for will not be shared. */
  stopScreen(): void {
    this.#screenWish += 1;
    this.#screen?.stop();
    this.#screen = null;
    this.#refresh();
  }

  /** Closes all devices, also those that the browser still asks for. `open` opens them again as they were. */
  close(): void {
    this.#phase = 'closed';
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#onDeviceChange);
    this.#microphone.close();
    this.#camera.close();
    this.stopScreen();
  }

  /** @param isChoice whether the person chose the device among others; where one is open, asking for another is a choice */
  async #open(devices: readonly Device[], isChoice = false): Promise<void> {
    const isUnderWay = ({ wish, chosen }: Device) => wish?.isPending === true && wish.deviceId === chosen;
    const wishes = devices
      .filter((device) => !isUnderWay(device))
      .map((device) => device.want(isChoice || device.track !== null));
    const done = this.#fulfil(wishes);
    for (const wish of wishes) wish.done = done;
    this.#refresh();
    await Promise.all(devices.map(({ wish }) => wish?.done));
  }

  async #fulfil(wishes: readonly Wish[]): Promise<void> {
    const isTogether = wishes.length > 1 && (await fulfil(wishes)) === null;
    await Promise.all(
      wishes.map(async (wish) => {
        // One of the two may still be available.
        if (!isTogether) await fulfilAlone(wish);
        wish.isPending = false;
        this.#refresh();
      }),
    );
    await this.#listDevices();
  }

  /** Mutes the microphone as the person wants it, and publishes the state of all devices. */
  #refresh(): void {
    const [microphone, camera] = [this.#microphone, this.#camera];
    const { audio, video } = this.tracks;
    if (audio) audio.enabled = !this.#isMuted;
    this.#patch({
      stream: this.#stream(audio, video),
      microphone: audio?.enabled ?? false,
      camera: camera.track !== null,
      screen: this.#screen !== null,
      hasMicrophone: audio !== null,
      hasCamera: camera.wasOpen,
      opening: { microphone: microphone.isOpening, camera: camera.isOpening },
      chosen: { microphone: microphone.openId ?? microphone.chosen, camera: camera.openId ?? camera.chosen },
      wish: {
        microphone: microphone.chosen,
        camera: camera.chosen,
        muted: this.#isMuted,
        cameraOff: this.#isCameraOff,
      },
      problem: camera.problem ?? microphone.problem,
    });
  }

  /** The stream of these tracks: the same one as before, if they are the same. */
  #stream(...both: (MediaStreamTrack | null)[]): MediaStream | null {
    const tracks = both.filter((track) => track !== null);
    const { stream } = this.state.value;
    const former = stream?.getTracks() ?? [];
    if (former.length === tracks.length && tracks.every((track) => former.includes(track))) return stream;
    return tracks.length > 0 ? new MediaStream(tracks) : null;
  }

  async #listDevices(): Promise<void> {
    const all = await enumerate().catch(() => []);
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

async function askForScreen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({ video: true });
}

async function enumerate(): Promise<MediaDeviceInfo[]> {
  return navigator.mediaDevices.enumerateDevices();
}
