import type { WebSocket } from 'ws';
import type { CommandName, CommandPayload, Reply } from '../../../src/protocol/types.ts';
import { type Adapter, answer, isDescription, type Peer } from './adapter.ts';
import { event, isRelayed, openSocketIo } from './socketio-frames.ts';

/** The number of the ack that commands here wait for, and the one of relays, for which nothing waits. */
const ASKED = 0;
const RELAYED = 1;

/** Sends a command and waits for its answer; one at a time on a connection. */
export async function request<Name extends CommandName>(
  socket: WebSocket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name>> {
  const answered = answer(socket, `43${ASKED}[`);
  socket.send(event(name, payload, ASKED));
  const [reply] = JSON.parse((await answered).slice(3));
  return reply;
}

/** The same, but throws unless the answer is positive. */
export async function ask<Name extends CommandName>(
  socket: WebSocket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name> & { ok: true }> {
  const reply = await request(socket, name, payload);
  if (reply.ok) return reply;
  throw new Error(`${name}: ${reply.error.message}`);
}

/** Production settings, with limits raised for loads that no person causes. */
export const serving = {
  DEVELOPMENT: 'false',
  CORS_ORIGINS: 'https://meet.example.com',
  HOST: '127.0.0.1',
  MAGICK_TOKEN: 'bench-only-Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6Vt',
  SALT_STRING: 'bench-only-Hn4wSj9MkX1fLy6AvP3iKe8dQgHtBn2pSj7Wu',
  COMMANDS_PER_SECOND: '1000000',
  CREATES_PER_MINUTE: '1000000',
  SEATLESS_CONNECTIONS_PER_ADDRESS: '1000000',
  FIRST_COMMAND_SECONDS: '3600',
};

/**
 * Seats clients in a workspace of their own, the first as its owner.
 * @param urls the URL for each client
 * @param acks whether relays ask for an ack, as neither the client library nor the client in the field does
 */
export async function seatPeople(urls: readonly string[], acks = false): Promise<Peer[]> {
  const sockets = await Promise.all(urls.map(openSocketIo));
  const [first, ...others] = sockets as [WebSocket, ...WebSocket[]];
  const owner = await ask(first, 'create', { workspace: {}, attendee: {} });
  const invitation = { workspace: { token: owner.workspace.token }, attendee: {} };
  const guests = await Promise.all(others.map((socket) => ask(socket, 'attend', invitation)));
  const seats = [owner, ...guests];
  return seats.map(({ attendee, accessToken }, index) => ({
    socket: sockets[index] as WebSocket,
    message(to, payload) {
      const head = {
        workspace: { id: owner.workspace.id },
        attendee: { id: seats[to]?.attendee.id },
        broadcaster: { id: attendee.id },
        accessToken,
      };
      const ack = acks ? RELAYED : '';
      return isDescription(payload)
        ? event('negotiation', { ...head, message: { type: payload.type, data: payload } }, ack)
        : event('icecandidate', { ...head, candidate: payload }, ack);
    },
  }));
}

const over = (name: string, { acks = false, env = {} } = {}): Adapter => ({
  name,
  program: 'dist/src/main.js',
  env: { ...serving, ...env },
  connectGroup: (url, people) => seatPeople(Array<string>(people).fill(url), acks),
  connect: openSocketIo,
  isRelayed,
});

export const thisServer = over('this server');
export const thisServerWithAcks = over('this server, with acks', { acks: true });
/** Without the add-on with which ws unmasks what clients send, where there is one. */
export const thisServerInJavaScript = over('this server, JavaScript alone', { env: { WS_NO_BUFFER_UTIL: '1' } });
