import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';

// Clients of servers that a test kills: a lost connection is no error here.

export function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => {
    socket.close();
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

/** Sends a command. @returns its answer, or null if the connection was lost first */
export function ask<Name extends CommandName>(
  socket: Socket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name> | null> {
  return new Promise((resolve) => {
    if (!socket.connected) return resolve(null);
    const gone = () => resolve(null);
    socket.once('disconnect', gone);
    socket.emit(name, payload, (reply: Reply<Name>) => {
      socket.off('disconnect', gone);
      resolve(reply);
    });
  });
}

/** As `ask`, but throws unless the answer is positive. */
export async function must<Name extends CommandName>(socket: Socket, name: Name, payload: CommandPayload<Name>) {
  const reply = await ask(socket, name, payload);
  if (!reply?.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply)}`);
  return reply;
}
