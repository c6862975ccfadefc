import type { MediaWish } from '../client/media-state.ts';

/** A workspace with recordings of which the person is or was the owner. */
export interface KeptRecordings {
  readonly workspace: string;
  readonly name: string;
  /** Whether it was made for one call of two users. */
  readonly isDial: boolean;
  /** That of the owner's seat; absent where a user held it. */
  readonly accessToken?: string;
}

/** Storage may be forbidden or full; then the page remembers nothing, and nothing breaks. */
function guarded<Result>(access: () => Result, fallback: Result): Result {
  try {
    return access();
  } catch {
    return fallback;
  }
}

const NAME = 'mesh-workspaces.name';
const LANGUAGE = 'mesh-workspaces.language';
const SILENCE = 'mesh-workspaces.do-not-disturb';
const USER_TOKEN = 'mesh-workspaces.user-token';
const UPLOADS = 'mesh-workspaces.uploads';
const DEVICES = 'mesh-workspaces.devices';
const PUT_AWAY = 'mesh-workspaces.put-away';
const RECORDINGS = 'mesh-workspaces.recordings';
/** A browser remembers this many invites that the person has put away. */
const MOST_PUT_AWAY = 100;
/** And this many workspaces with recordings. */
const MOST_RECORDINGS = 20;

/** The person's name, for the next visit. */
export const rememberedName = {
  get: () => guarded(() => localStorage.getItem(NAME), null) ?? '',
  set: (name: string) => guarded(() => localStorage.setItem(NAME, name), undefined),
};

/** The tag of the language that the person chose, for the next visit; '' if they chose none. */
export const rememberedLanguage = {
  get: () => guarded(() => localStorage.getItem(LANGUAGE), null) ?? '',
  set: (tag: string) => guarded(() => localStorage.setItem(LANGUAGE, tag), undefined),
};

/** Whether calls stay silent in this browser. */
export const rememberedSilence = {
  get: () => guarded(() => localStorage.getItem(SILENCE), null) === 'on',
  set: (isOn: boolean) => guarded(() => localStorage.setItem(SILENCE, isOn ? 'on' : 'off'), undefined),
};

/** The user token by which this tab signed in, for a reload of it; '' where there is none. */
export const rememberedUserToken = {
  get: () => guarded(() => sessionStorage.getItem(USER_TOKEN), null) ?? '',
  set: (token: string) =>
    guarded(
      () => (token === '' ? sessionStorage.removeItem(USER_TOKEN) : sessionStorage.setItem(USER_TOKEN, token)),
      undefined,
    ),
};

/** Whether this browser has recorded something that is not uploaded yet, for the next visit. */
export const rememberedUploads = {
  get: () => guarded(() => localStorage.getItem(UPLOADS), null) === 'open',
  set: (isOpen: boolean) =>
    guarded(() => (isOpen ? localStorage.setItem(UPLOADS, 'open') : localStorage.removeItem(UPLOADS)), undefined),
};

/** The person's wishes about microphone and camera, for this tab: nobody comes back from a reload unmuted. */
export const rememberedWish = {
  get: (): Partial<MediaWish> => toWish(guarded(() => JSON.parse(sessionStorage.getItem(DEVICES) ?? '{}'), {})),
  set: (wish: MediaWish) => guarded(() => sessionStorage.setItem(DEVICES, JSON.stringify(wish)), undefined),
};

/** The ids of the invites that the person has put away, on all pages of this browser. */
export const rememberedPutAway = {
  get: (): string[] => {
    const stored: unknown = guarded(() => JSON.parse(localStorage.getItem(PUT_AWAY) ?? '[]'), []);
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  },
  add: (id: string) => {
    const others = rememberedPutAway.get().filter((each) => each !== id);
    const ids = [...others, id].slice(-MOST_PUT_AWAY);
    guarded(() => localStorage.setItem(PUT_AWAY, JSON.stringify(ids)), undefined);
  },
};

/** Workspaces with recordings whose owner had a seat in this browser, the latest first. */
export const rememberedRecordings = {
  get: (): KeptRecordings[] => {
    const stored: unknown = guarded(() => JSON.parse(localStorage.getItem(RECORDINGS) ?? '[]'), []);
    return Array.isArray(stored) ? stored.flatMap((each) => toKept(each) ?? []) : [];
  },
  set: (all: readonly KeptRecordings[]) =>
    guarded(
      () =>
        all.length === 0
          ? localStorage.removeItem(RECORDINGS)
          : localStorage.setItem(RECORDINGS, JSON.stringify(all.slice(0, MOST_RECORDINGS))),
      undefined,
    ),
};

function toKept(stored: unknown): KeptRecordings | null {
  const { workspace, name, isDial, accessToken }: Partial<Record<keyof KeptRecordings, unknown>> = Object(stored);
  if (typeof workspace !== 'string' || typeof name !== 'string') return null;
  return { workspace, name, isDial: isDial === true, ...(typeof accessToken === 'string' ? { accessToken } : {}) };
}

/** The members of the right type: another version of the page may have written the text. */
function toWish(stored: unknown): Partial<MediaWish> {
  const { microphone, camera, muted, cameraOff }: Partial<Record<keyof MediaWish, unknown>> = stored ?? {};
  return {
    ...(typeof microphone === 'string' ? { microphone } : {}),
    ...(typeof camera === 'string' ? { camera } : {}),
    ...(typeof muted === 'boolean' ? { muted } : {}),
    ...(typeof cameraOff === 'boolean' ? { cameraOff } : {}),
  };
}
