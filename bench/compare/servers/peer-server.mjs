/** PeerServer with its defaults, except for limits that would end the measurement: clients, and time without a message. */
import { PeerServer } from 'peer';

const options = { port: 0, host: '127.0.0.1', path: '/', concurrent_limit: 1_000_000, alive_timeout: 3_600_000 };
PeerServer(options, (server) => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
