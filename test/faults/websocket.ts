import { randomBytes } from 'node:crypto';

// The bytes of a WebSocket, for tests that write them without a library.

export type EngineVersion = 3 | 4;

/** The request that makes a TCP connection an Engine.IO connection over WebSocket (RFC 6455, 4.1). */
export function upgradeRequest(server: string, version: EngineVersion = 4): string {
  return [
    `GET /socket.io/?EIO=${version}&transport=websocket HTTP/1.1`,
    `Host: ${new URL(server).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');
}

/** A frame of WebSocket (RFC 6455, 5.2) as it should be, unless it is told otherwise. */
export interface Frame {
  payload: string | Uint8Array;
  /** 1 text, 2 binary, 0 continuation, 8 close, 9 ping, 10 pong */
  opcode?: number;
  fin?: boolean;
  /** The three reserved bits. */
  reserved?: number;
  masked?: boolean;
  /** The length that it says it has. */
  length?: number;
}

export function frame({ payload, opcode = 1, fin = true, reserved = 0, masked = true, length }: Frame): Buffer {
  const bytes = Buffer.from(payload);
  const said = length ?? bytes.length;
  const first = Buffer.from([(fin ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15)]);
  const mask = masked ? 0x80 : 0;
  const key = Buffer.from([1, 2, 3, 4]);
  const body = masked ? bytes.map((byte, index) => byte ^ (key[index % 4] ?? 0)) : bytes;
  return Buffer.concat([first, lengthOf(said, mask), masked ? key : Buffer.alloc(0), body]);
}

function lengthOf(length: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([mask | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = mask | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
