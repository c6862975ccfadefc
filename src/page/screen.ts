import { Observable } from '../client/observable.ts';
import { isHeld } from './invitation.ts';

/** The screens that a person without a seat can choose from, each with its path in the folder of the page. */
const paths = { lobby: '', phone: 'phone', consultations: 'consultations', inbox: 'inbox' };

export type Screen = keyof typeof paths;

export const screens = Object.keys(paths) as Screen[];

/** The screen that the address names. */
function inAddress(): Screen {
  const path = location.pathname.replace(/^.*\//, '');
  return screens.find((screen) => paths[screen] === path) ?? 'lobby';
}

/** The screen of the moment. */
export const screen = new Observable<Screen>(inAddress());

/** A URL that is relative to every screen. */
export function addressOf(name: Screen): string {
  return `./${paths[name]}`;
}

/** Goes to another screen. The page stays, and with it the connection and who has signed in. */
export function goTo(name: Screen): void {
  try {
    // In a frame, the way back belongs to the page around it.
    if (!isHeld()) history.pushState(null, '', addressOf(name));
  } catch {
    // A sandboxed page has no address of its own.
  }
  screen.set(name);
}

/** Follows the buttons of the browser that go back and forward. */
export function followAddress(): void {
  addEventListener('popstate', () => screen.set(inAddress()));
}
