import { WebSocket } from 'ws';
import type { Candidate, Description } from '../payloads.ts';

/** Somebody who is connected, and can say something to the others of the same meeting. */
export interface Person {
  readonly socket: WebSocket;
  /** The message that hands a candidate or a description to another one, who is named by the place in the meeting. */
  message(to: number, payload: Candidate | Description): string;
}

/** How to talk with a server. Its clients are as cheap as can be: what is measured is the server. */
export interface Adapter {
  readonly name: string;
  /** What node runs, from the project's folder. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Connects some people who can all reach each other. */
  meet(url: string, people: number): Promise<Person[]>;
  /** Connects somebody who says nothing at all, where that is something else than to meet. */
  connect?(url: string): Promise<WebSocket>;
  /** Whether what came is a candidate or a description, and nothing of the server's own. */
  isRelayed(data: Buffer): boolean;
}

export const isDescription = (payload: Candidate | Description): payload is Description => 'sdp' in payload;

/** A WebSocket, once it is open. @param greeting how the message begins that has to come first, if one has to */
export async function open(url: string, greeting?: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  // Listened for from the start, because it can come together with the handshake.
  const greeted = greeting === undefined ? null : answer(socket, greeting);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  await greeted;
  return socket;
}

/** The text of the next message that begins like this. */
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

/** Tells what begins like one of these. */
export function beginningWith(...texts: string[]): (data: Buffer) => boolean {
  const beginnings = texts.map((text) => Buffer.from(text));
  return (data) => beginnings.some((each) => data.length >= each.length && each.compare(data, 0, each.length) === 0);
}
