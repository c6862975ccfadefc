import { type AddressInfo, createServer } from 'node:net';

/** Gives back what it gets. */
const server = createServer((socket) => void socket.setNoDelay().pipe(socket));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
