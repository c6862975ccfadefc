/**
 * A node of a cluster: bare Socket.IO with an adapter, nothing of the product. Every seat has a room of its own, and a
 * relay goes to the room of a seat, whichever node has it. ADAPTER, SUBSCRIPTION_MODE and REDIS_PORT choose the
 * candidate, and WAITS whether it acknowledges a seat only after Redis has acknowledged the subscription.
 */
import { createServer } from 'node:http';
import { createClient } from '@redis/client';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Server } from 'socket.io';

const { ADAPTER, SUBSCRIPTION_MODE: subscriptionMode, REDIS_PORT, WAITS } = process.env;

async function connected() {
  const client = createClient({ url: `redis://127.0.0.1:${REDIS_PORT}` });
  // The driver stops Redis at the end; before that, a lost Redis must end the node.
  client.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  await client.connect();
  return client;
}

const subscriber = ADAPTER === 'sharded' ? await connected() : null;

const adapters = {
  none: async () => undefined,
  classic: async () => createAdapter(await connected(), await connected()),
  sharded: async () => createShardedAdapter(await connected(), subscriber, { subscriptionMode }),
  streams: async () => createStreamsAdapter(await connected(), { onlyPlaintext: true }),
};

const http = createServer();
const adapter = await adapters[ADAPTER]();
const io = new Server(http, { perMessageDeflate: false, ...(adapter && { adapter }) });
io.on('connection', (socket) => {
  socket.on('seat', async (room, answer) => {
    socket.join(room);
    // The adapter returns no promise of its subscription, but Redis executes the commands of one connection in order.
    if (WAITS) await subscriber.ping();
    answer();
  });
  socket.on('icecandidate', (message) => {
    io.to(`seat:${message.workspace.id}:${message.attendee.id}`).emit('icecandidate', message);
  });
});
http.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${http.address().port}`));
