import type { Handler } from './handler.ts';

export const signOut: Handler<'sign-out'> = ({ connection, userConnections }) => {
  userConnections.signOut(connection);
  return { output: {} };
};
