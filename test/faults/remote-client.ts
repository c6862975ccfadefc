/**
 * A program: a client of Socket.IO at another place, which connects again whenever it is cut. It is led with a line of
 * JSON a command on stdin, and writes one a reply, notice, connection and disconnection on stdout.
 */
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const socket = io(process.argv[2] ?? '', {
  transports: ['websocket'],
  reconnectionDelay: 100,
  reconnectionDelayMax: 200,
  // Shorter than what TCP waits before it repeats a SYN that was lost.
  timeout: 900,
});
socket.on('connect', () => say({ notice: '(connected)' }));
socket.on('disconnect', () => say({ notice: '(disconnected)' }));
socket.onAny((notice: string, payload: unknown) => say({ notice, payload }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, payload } = JSON.parse(line);
  socket.emit(command, payload, (reply: unknown) => say({ id, reply }));
}
