/**
 * Why a device is missing. permission-denied: the person or the browser refused it. no-device: there is none.
 * device-busy: another program uses it. insecure-page: the page has no secure context, which getUserMedia needs.
 */
export type MediaProblem = 'permission-denied' | 'no-device' | 'device-busy' | 'insecure-page';

/** The wish that a device be open. A later wish, also the one that the device be closed, makes it void. */
export class Wish {
  readonly device: Device;
  /** The `deviceId` that the person wants; null: the one that the browser chooses. */
  readonly deviceId: string | null;
  /** Whether the person chose this device among others: then no other one will do, but the former one goes on. */
  readonly isChoice: boolean;
  /** Whether the browser may still bring the device. */
  isPending = true;
  /** Resolves when the device is open, or cannot be opened. */
  done: Promise<void> = Promise.resolve();

  constructor(device: Device, deviceId: string | null, isChoice: boolean) {
    this.device = device;
    this.deviceId = deviceId;
    this.isChoice = isChoice;
  }

  get isVoid(): boolean {
    return this.device.wish !== this;
  }
}

/** The microphone or the camera of this page. */
export class Device {
  readonly kind: 'audio' | 'video';
  track: MediaStreamTrack | null = null;
  wish: Wish | null = null;
  /** The `deviceId` that the person chose, or else that was open first. It outlives the track. */
  chosen: string | null = null;
  /** The `deviceId` of the track that was open last; null: none ever was. */
  lastId: string | null = null;
  problem: MediaProblem | null = null;
  wasOpen = false;
  /** Requests to the browser that have not ended, also those for void wishes. */
  readonly requests = new Set<Promise<unknown>>();
  readonly #constraints: MediaTrackConstraints;
  readonly #onChange: () => void;

  /** @param onChange is called when a track is there, and when it ends by itself (unplugged, or no longer allowed) */
  constructor(kind: 'audio' | 'video', constraints: MediaTrackConstraints, onChange: () => void) {
    this.kind = kind;
    this.#constraints = constraints;
    this.#onChange = onChange;
  }

  /** The `deviceId` of the open device; null if none is open. */
  get openId(): string | null {
    return this.track?.getSettings().deviceId ?? null;
  }

  get isOpening(): boolean {
    return this.wish?.isPending ?? false;
  }

  /** @param isChoice whether the person chose this device among others */
  want(isChoice: boolean): Wish {
    this.wish = new Wish(this, this.chosen, isChoice);
    return this.wish;
  }

  constraints(deviceId: string | null): MediaTrackConstraints {
    return deviceId === null ? this.#constraints : { ...this.#constraints, deviceId: { exact: deviceId } };
  }

  adopt(track: MediaStreamTrack): void {
    this.track?.stop();
    this.track = track;
    this.wasOpen = true;
    this.problem = null;
    this.lastId = this.openId;
    this.chosen ??= this.lastId;
    track.addEventListener('ended', () => {
      if (track !== this.track) return;
      this.track = null;
      this.#onChange();
    });
    this.#onChange();
  }

  /** Closes the device, and makes every wish void. */
  close(): void {
    this.wish = null;
    this.problem = null;
    this.#stop();
  }

  /**
   * Closes the device for another one, and waits for requests of void wishes, whose tracks are stopped when they come.
   * @returns false if there was nothing to let go of
   */
  async letGo(): Promise<boolean> {
    if (!this.track && this.requests.size === 0) return false;
    this.#stop();
    await Promise.allSettled(this.requests);
    return true;
  }

  #stop(): void {
    this.track?.stop();
    this.track = null;
  }
}

/**
 * Fulfils wishes with one request to the browser, which asks the person once.
 * @param deviceIds of the wishes, in their order
 * @returns why the browser failed; null if it did not
 */
export async function fulfil(
  wishes: readonly Wish[],
  deviceIds = wishes.map(({ deviceId }) => deviceId),
): Promise<MediaProblem | null> {
  const constraints = wishes.map(({ device }, index) => [device.kind, device.constraints(deviceIds[index] ?? null)]);
  try {
    const request = navigator.mediaDevices.getUserMedia(Object.fromEntries(constraints));
    for (const { device } of wishes) {
      device.requests.add(request);
      const forget = () => device.requests.delete(request);
      request.then(forget, forget);
    }
    for (const track of (await request).getTracks()) {
      const wish = wishes.find(({ device }) => device.kind === track.kind);
      if (wish && !wish.isVoid) wish.device.adopt(track);
      else track.stop();
    }
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * Fulfils one wish, also on a machine on which one device of a kind can be open at a time: there the former device is
 * let go for the new one, and opened again if the new one cannot be.
 */
export async function fulfilAlone(wish: Wish): Promise<void> {
  const { device, deviceId, isChoice } = wish;
  const formerId = isChoice ? device.lastId : null;
  const attempt = (id: string | null) => (wish.isVoid ? null : fulfil([wish], [id]));

  let problem = await attempt(deviceId);
  if (problem === 'no-device' && deviceId !== null && !isChoice) problem = await attempt(null);
  if (problem === 'device-busy' && !wish.isVoid && (await device.letGo())) problem = await attempt(deviceId);
  if (problem !== null && formerId !== null && !device.track) await attempt(formerId);
  if (!wish.isVoid) device.problem = problem;
}

function problemOf(error: unknown): MediaProblem {
  if (!navigator.mediaDevices?.getUserMedia) return 'insecure-page';
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'permission-denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'device-busy';
  return 'no-device';
}
