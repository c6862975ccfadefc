import type { Server } from 'socket.io';
import { type EngineConnection, pollingOf } from './engine.ts';

/** More than the commands of a second. A joining browser sends some hundred. */
const MOST_PACKETS = 2048;

/** Between two packets in a payload of Engine.IO 4. */
const SEPARATOR = '\x1e';
/** Between length and packet in a binary payload of Engine.IO 3, where packets may hold it too. */
const END_OF_LENGTH = 255;

/**
 * Closes polling clients that send payloads of very many packets. A megabyte holds hundreds of thousands of packets, and
 * Engine.IO decodes all of them at once while all other clients wait.
 */
export function boundPayloads(io: Server): void {
  io.engine.on('connection', (connection: EngineConnection) => {
    const polling = pollingOf(connection);
    if (!polling) return;
    const onData = polling.onData.bind(polling);
    polling.onData = (payload) => {
      if (holdsTooMany(payload, connection.protocol)) connection.close(true);
      else onData(payload);
    };
  });
}

function holdsTooMany(payload: string | Buffer, protocol: number): boolean {
  let packets = 1;
  for (let at = next(payload, 0, protocol); at > 0 && packets <= MOST_PACKETS; at = next(payload, at, protocol)) {
    packets += 1;
  }
  return packets > MOST_PACKETS;
}

/** Where the packet after the one at `from` begins; 0 where there is none. */
function next(payload: string | Buffer, from: number, protocol: number): number {
  if (typeof payload !== 'string') return payload.indexOf(END_OF_LENGTH, from) + 1;
  if (protocol === 4) return payload.indexOf(SEPARATOR, from) + 1;
  const colon = payload.indexOf(':', from);
  const length = Number(payload.slice(from, colon));
  return colon >= 0 && length >= 0 && colon + 1 + length < payload.length ? colon + 1 + length : 0;
}
