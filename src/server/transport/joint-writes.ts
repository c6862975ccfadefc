import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

// System calls are nearly half of what it costs when people come back, because every attendee hears of each of them.
// So what is sent to one client in one callback of the event loop leaves in one system call.

/** TCP connections that hold back what is written, until this callback is over. */
const holding: Duplex[] = [];

/** Has a TCP connection write all that comes in this callback of the event loop in one system call. */
export function writeTogether(tcp: Duplex): void {
  if (tcp.writableCorked > 0) return;
  tcp.cork();
  if (holding.push(tcp) === 1) process.nextTick(release);
}

function release(): void {
  for (const tcp of holding.splice(0)) tcp.uncork();
}

type OnSent = (error?: Error) => void;

/** What writes the frames of a WebSocket. */
interface Sender {
  readonly _socket: Duplex;
  sendFrame(frame: readonly Buffer[], onSent?: OnSent): void;
}

/** Has a WebSocket send all messages of one callback of the event loop together. */
export function sendTogether(webSocket: WebSocket): void {
  const { _sender } = webSocket as unknown as { _sender: Sender };
  _sender.sendFrame = sendFrame;
}

/**
 * Engine.IO keeps the next message until the one before has left, so it is told at once that it has. Where a client reads too
 * slowly, it is told when that is so: there it bounds what waits.
 */
function sendFrame(this: Sender, frame: readonly Buffer[], onSent?: OnSent): void {
  const { sendFrame: send } = Object.getPrototypeOf(this) as Sender;
  if (this._socket.writableNeedDrain) {
    send.call(this, frame, onSent);
    return;
  }
  writeTogether(this._socket);
  send.call(this, frame);
  onSent?.();
}
