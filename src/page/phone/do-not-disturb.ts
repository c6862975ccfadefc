import { Observable } from '../../client/observable.ts';
import { rememberedSilence } from '../remembered.ts';

/** Whether calls of other users stay silent here. Callers hear that nobody answers, and the calls are missed. */
export const doNotDisturb = new Observable(rememberedSilence.get());

doNotDisturb.subscribe((isOn) => rememberedSilence.set(isOn));

/** The person may have the page open twice. */
addEventListener('storage', () => doNotDisturb.set(rememberedSilence.get()));
