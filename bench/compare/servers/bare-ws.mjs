/** About as little as a relay can do: JSON parsed, the sender named, JSON made, over nothing but ws. No checks. */
import { WebSocketServer } from 'ws';

const people = new Map();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket, { url = '' }) => {
  const id = url.slice(1);
  people.set(id, socket);
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    message.from = id;
    people.get(message.to)?.send(JSON.stringify(message));
  });
  socket.on('close', () => people.delete(id));
});
server.on('listening', () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
