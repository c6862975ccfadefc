/** Small things that are remembered. Storage may be forbidden or full; then nothing is remembered, and nothing breaks. */
function guarded<Result>(access: () => Result, fallback: Result): Result {
  try {
    return access();
  } catch {
    return fallback;
  }
}

const NAME = 'mesh-workspaces.name';
const DEVICES = 'mesh-workspaces.devices';

/** The person's name, for the next visit. */
export const rememberedName = {
  get: () => guarded(() => localStorage.getItem(NAME), null) ?? '',
  set: (name: string) => guarded(() => localStorage.setItem(NAME, name), undefined),
};

export interface DeviceWishes {
  microphone: boolean;
  camera: boolean;
  chosen: { microphone: string | null; camera: string | null };
}

/** What was muted, and which devices were chosen: for this tab, so that nobody comes back from a reload unmuted. */
export const rememberedDevices = {
  get: (): DeviceWishes | null =>
    guarded(() => JSON.parse(sessionStorage.getItem(DEVICES) ?? 'null') as DeviceWishes | null, null),
  set: (wishes: DeviceWishes) => guarded(() => sessionStorage.setItem(DEVICES, JSON.stringify(wishes)), undefined),
};
