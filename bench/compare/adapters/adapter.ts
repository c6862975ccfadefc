import { WebSocket } from 'ws';
import type { Candidate, Description } from '../payloads.ts';

/** A connected client that can send messages to the other peers of its group. */
export interface Peer {
  readonly socket: WebSocket;
  /** The message that relays a candidate or a description to another peer. @param to its index in the group */
  message(to: number, payload: Candidate | Description): string;
}

/** The protocol of one server. Clients are as cheap as possible, because the bench measures the server. */
export interface Adapter {
  readonly name: string;
  /** The script that node runs, from the project's folder. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Connects peers that can all reach each other. */
  connectGroup(url: string, size: number): Promise<Peer[]>;
  /** Connects a client that sends nothing, if that differs from connecting a group. */
  connect?(url: string): Promise<WebSocket>;
  /** Whether a received message is a relayed candidate or description, not one of the server's own. */
  isRelayed(data: Buffer): boolean;
}

export const isDescription = (payload: Candidate | Description): payload is Description => 'sdp' in payload;

/** Opens a WebSocket. @param greeting the beginning of the server's first message, if the server sends one */
export async function open(url: string, greeting?: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  // The listener is there from the start, because the greeting can come together with the handshake.
  const greeted = greeting === undefined ? null : answer(socket, greeting);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  await greeted;
  return socket;
}

/** The next message with this beginning. */
export function answer(socket: WebSocket, beginning: string): Promise<string> {
  return new Promise((resolve) => {
    const look = (data: Buffer) => {
      const text = data.toString();
      if (!text.startsWith(beginning)) return;
      socket.off('message', look);
      resolve(text);
    };
    socket.on('message', look);
  });
}

/** A test for messages with one of these beginnings. */
export function beginningWith(...texts: string[]): (data: Buffer) => boolean {
  const beginnings = texts.map((text) => Buffer.from(text));
  return (data) => beginnings.some((each) => data.length >= each.length && each.compare(data, 0, each.length) === 0);
}
