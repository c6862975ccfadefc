import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const MAGIC = 0x2112a442;
const BINDING = 0x0001;
const ALLOCATE = 0x0003;
const ERROR = 0x0110;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const REALM = 0x0014;
const NONCE = 0x0015;
const XOR_RELAYED_ADDRESS = 0x0016;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = Buffer.from([17, 0, 0, 0]);

type Attributes = [type: number, value: Buffer][];

/** Does a STUN server answer at this port of the loopback (RFC 8489, Binding)? */
export async function answersStun(port: number): Promise<boolean> {
  return withSocket(port, async (socket) => (await exchange(socket, BINDING, [], { attempts: 1 })) !== undefined);
}

/**
 * Asks for a relay over UDP as browsers do: once without credentials, which is refused with the realm and
 * a nonce, then with them (RFC 8656, section 7; RFC 8489, section 9.2).
 *
 * @returns the relay's port, or the number of the error with which the credentials were refused
 */
export function allocate(
  port: number,
  { username, credential }: { username: string; credential: string },
): Promise<{ relayPort: number } | { error: number }> {
  // A nonce is good only for the socket that asked for it.
  return withSocket(port, async (socket) => {
    const transport: Attributes = [[REQUESTED_TRANSPORT, UDP]];
    const challenge = await exchange(socket, ALLOCATE, transport);
    const realm = challenge?.get(REALM);
    const nonce = challenge?.get(NONCE);
    if (!realm || !nonce) throw new Error('The relay did not ask for credentials');

    const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest();
    const who: Attributes = [
      [USERNAME, Buffer.from(username)],
      [REALM, realm],
      [NONCE, nonce],
    ];
    const answer = await exchange(socket, ALLOCATE, [...transport, ...who], { key });
    const error = answer?.get(ERROR_CODE);
    if (error) return { error: error.readUInt8(2) * 100 + error.readUInt8(3) };
    const relay = answer?.get(XOR_RELAYED_ADDRESS);
    if (!relay) throw new Error('The relay gave no answer');
    return { relayPort: relay.readUInt16BE(2) ^ (MAGIC >>> 16) };
  });
}

async function withSocket<T>(port: number, use: (socket: Socket) => Promise<T>): Promise<T> {
  const socket = createSocket('udp4');
  // Nobody listens there yet: the next attempt finds out.
  socket.on('error', () => {});
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  try {
    return await use(socket);
  } finally {
    socket.close();
  }
}

/** Sends a request, again after a while as UDP may lose it; undefined when no answer came. */
async function exchange(
  socket: Socket,
  type: number,
  attributes: Attributes,
  { attempts = 10, key = Buffer.of() } = {},
): Promise<Map<number, Buffer> | undefined> {
  const id = randomBytes(12);
  const message = encode(type, id, attributes, key);
  const answered = new Promise<Map<number, Buffer>>((resolve) => {
    socket.on('message', (data) => {
      const ours = data.length >= 20 && data.subarray(8, 20).equals(id);
      if (ours && (data.readUInt16BE(0) & ~ERROR) === type) resolve(decode(data));
    });
  });
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    socket.send(message);
    const answer = await Promise.race([answered, sleep(200)]);
    if (answer) return answer;
  }
  return undefined;
}

function encode(type: number, id: Buffer, attributes: Attributes, key: Buffer): Buffer {
  const body = Buffer.concat(attributes.map(([name, value]) => attribute(name, value)));
  if (key.length === 0) return Buffer.concat([header(type, body.length, id), body]);
  // The hash covers a header that counts the hash's own attribute in its length already.
  const covered = Buffer.concat([header(type, body.length + 24, id), body]);
  return Buffer.concat([covered, attribute(MESSAGE_INTEGRITY, createHmac('sha1', key).update(covered).digest())]);
}

function header(type: number, length: number, id: Buffer): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(length, 2);
  start.writeUInt32BE(MAGIC, 4);
  return Buffer.concat([start, id]);
}

function attribute(type: number, value: Buffer): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(value.length, 2);
  return Buffer.concat([start, value, Buffer.alloc(padding(value.length))]);
}

function decode(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2);
    found.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length + padding(length);
  }
  return found;
}

/** Attributes fill whole words of four bytes. */
function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}
