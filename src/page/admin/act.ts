import type { Api } from './api.ts';

/** Changes something on the server, says so or why not, and shows the server as it is then. */
export type Act = (change: (api: Api) => Promise<void>, done: string) => Promise<void>;
