import { FakeTrack } from './fake-rtc.ts';

type Kind = 'audio' | 'video';
type Wanted = boolean | { deviceId?: { exact?: string; ideal?: string } };

/** A track of a microphone, a camera or the screen (W3C Media Capture), as far as one can tell without media. */
class FakeDeviceTrack extends FakeTrack {
  enabled = true;
  readyState: 'live' | 'ended' = 'live';
  readonly deviceId: string;
  readonly #listeners: (() => void)[] = [];

  constructor(kind: string, deviceId: string) {
    super(kind);
    this.deviceId = deviceId;
  }

  getSettings() {
    return { deviceId: this.deviceId };
  }
  addEventListener(_type: 'ended', listener: () => void) {
    this.#listeners.push(listener);
  }
  stop() {
    this.readyState = 'ended';
  }
  /** The device is pulled out. Unlike `stop`, this is an event. */
  end() {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    for (const listener of this.#listeners) listener();
  }
}

/** A machine with devices, and a person who is asked for them: navigator.mediaDevices. */
export class FakeDevices {
  readonly present: { kind: Kind; deviceId: string }[] = [
    { kind: 'audio', deviceId: 'mic1' },
    { kind: 'audio', deviceId: 'mic2' },
    { kind: 'video', deviceId: 'cam1' },
    { kind: 'video', deviceId: 'cam2' },
  ];
  /** `deviceId`s that another program uses. */
  readonly busy = new Set<string>();
  /** Kinds of which one device can be open at a time. */
  readonly oneAtATime = new Set<Kind>();
  /** Kinds that the person refuses. */
  readonly refused = new Set<Kind>();
  /** The kinds of each request, and the devices that it named. */
  readonly asked: string[] = [];
  readonly tracks: FakeDeviceTrack[] = [];
  /** The time until the next answer, in ms. */
  answerMs = () => 100;

  live(kind?: string): FakeDeviceTrack[] {
    return this.tracks.filter((track) => track.readyState === 'live' && (!kind || track.kind === kind));
  }

  /** The live devices, and whether they are muted. */
  get open(): string[] {
    return this.live()
      .map(({ deviceId, enabled }) => (enabled ? deviceId : `${deviceId} muted`))
      .sort();
  }

  pullOut(deviceId: string): void {
    const index = this.present.findIndex((each) => each.deviceId === deviceId);
    if (index >= 0) this.present.splice(index, 1);
    for (const track of this.live()) if (track.deviceId === deviceId) track.end();
  }

  readonly mediaDevices = {
    addEventListener() {},
    removeEventListener() {},
    enumerateDevices: async () => this.present.map(({ kind, deviceId }) => ({ kind: `${kind}input`, deviceId })),
    getUserMedia: async (constraints: Partial<Record<Kind, Wanted>>) => {
      const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
      const idOf = (wanted: Wanted | undefined) => (typeof wanted === 'object' ? wanted.deviceId?.exact : undefined);
      this.asked.push(kinds.map((kind) => [kind, idOf(constraints[kind])].filter(Boolean).join(' ')).join(', '));
      await new Promise((resolve) => setTimeout(resolve, this.answerMs()));
      const found = kinds.map((kind) => this.#find(kind, idOf(constraints[kind])));
      const tracks = found.map(({ kind, deviceId }) => new FakeDeviceTrack(kind, deviceId));
      this.tracks.push(...tracks);
      return { getTracks: () => tracks };
    },
    getDisplayMedia: async () => {
      await new Promise((resolve) => setTimeout(resolve, this.answerMs()));
      const track = new FakeDeviceTrack('video', 'screen');
      this.tracks.push(track);
      return { getTracks: () => [track], getVideoTracks: () => [track] };
    },
  };

  #find(kind: Kind, exact: string | undefined) {
    if (this.refused.has(kind)) throw new DOMException('', 'NotAllowedError');
    const of = this.present.filter((each) => each.kind === kind);
    const found = exact === undefined ? of[0] : of.find(({ deviceId }) => deviceId === exact);
    if (!found) throw new DOMException('', exact === undefined ? 'NotFoundError' : 'OverconstrainedError');
    const isOther = ({ deviceId }: FakeDeviceTrack) => deviceId !== found.deviceId && deviceId !== 'screen';
    const isTaken = this.oneAtATime.has(kind) && this.live(kind).some(isOther);
    if (isTaken || this.busy.has(found.deviceId)) throw new DOMException('', 'NotReadableError');
    return found;
  }
}
