import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { answer, type Peer } from '../compare/adapters/adapter.ts';
import { event, isRelayed, openSocketIo } from '../compare/adapters/socketio-frames.ts';

export interface Seat {
  readonly workspace: string;
  readonly attendee: string;
  readonly socket: WebSocket;
}

/** Whether a message is a relayed one. */
export const frames = { isRelayed };

/** Ids as the product makes them: 10 characters behind an underscore. */
const newId = () => `_${randomBytes(8).toString('base64url').slice(0, 10)}`;

/** As long as a real token, which makes a candidate some 500 bytes long. */
const accessToken = randomBytes(165).toString('base64url');

/** Puts a connection into the room of a seat of its own, which has 28 characters: one of 20 would look like a socket. */
export async function takeSeat(socket: WebSocket, workspace = newId()): Promise<Seat> {
  const attendee = newId();
  const answered = answer(socket, '430[');
  socket.send(event('seat', `seat:${workspace}:${attendee}`, 0));
  await answered;
  return { workspace, attendee, socket };
}

/** Connects, and takes a seat as above. */
export async function newSeat(url: string, workspace?: string): Promise<Seat> {
  return takeSeat(await openSocketIo(url), workspace);
}

/** The client in one seat that sends to the other. */
export function speaker(from: Seat, to: Seat): Peer {
  return {
    socket: from.socket,
    message: (_, payload) =>
      event('icecandidate', {
        workspace: { id: to.workspace },
        attendee: { id: to.attendee },
        broadcaster: { id: from.attendee },
        accessToken,
        candidate: payload,
      }),
  };
}
