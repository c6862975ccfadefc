/** Storage may be forbidden or full; then the page remembers nothing, and nothing breaks. */
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

export interface DevicePreferences {
  microphone: boolean;
  camera: boolean;
  chosen: { microphone: string | null; camera: string | null };
}

/** Muted devices and chosen devices, for this tab: nobody comes back from a reload unmuted. */
export const rememberedDevices = {
  get: (): DevicePreferences | null =>
    guarded(() => JSON.parse(sessionStorage.getItem(DEVICES) ?? 'null') as DevicePreferences | null, null),
  set: (preferences: DevicePreferences) =>
    guarded(() => sessionStorage.setItem(DEVICES, JSON.stringify(preferences)), undefined),
};
