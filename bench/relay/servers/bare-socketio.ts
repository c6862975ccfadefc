/** What Socket.IO costs by itself: the target's socket is emitted to, nothing is checked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';

const http = createServer();
const io = new Server(http, { perMessageDeflate: false });
const peers = new Map<unknown, Socket>();
io.on('connection', (socket) => {
  socket.on('hello', (id) => peers.set(id, socket));
  socket.on('candidate', (message) => {
    peers.get(message.attendee.id)?.emit('candidate', message);
  });
});
http.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${(http.address() as AddressInfo).port}`));
