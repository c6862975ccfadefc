import { Observable } from '../../client/observable.ts';

/** Why the person is not in the workspace into which the page around this one wants them; null where nothing is wrong. */
export const joinProblem = new Observable<unknown>(null);
