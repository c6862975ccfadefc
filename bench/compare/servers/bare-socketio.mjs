/** The cost of Socket.IO alone: it emits to the target's socket, without any check. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { perMessageDeflate: false });
// Socket.IO's documentation advises this against memory: the first request is kept for as long as the connection.
io.engine.on('connection', (connection) => {
  connection.request = null;
});
const people = new Map();
io.on('connection', (socket) => {
  socket.on('hello', (id) => {
    people.set(id, socket);
    socket.on('disconnect', () => people.delete(id));
  });
  for (const name of ['icecandidate', 'negotiation']) {
    socket.on(name, (message) => people.get(message.attendee.id)?.emit(name, message));
  }
});
http.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${http.address().port}`));
