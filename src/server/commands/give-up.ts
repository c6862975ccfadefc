import type { Handler } from './handler.ts';

export const giveUp: Handler<'give-up'> = async ({ leaveWaitingRooms }) =>
  (await leaveWaitingRooms()) ?? { output: {} };
