import { onTestFinished } from 'vitest';
import * as raw from './raw-socket.ts';
import type { EngineVersion } from './websocket.ts';

export type { Raw } from './raw-socket.ts';

// Connections of a test without a library in between, over which anything at all can be sent.

/** Engine.IO over polling. */
export interface Polling {
  /** Where its requests go, its id included. */
  url: string;
  /** Sends packets as they are. @returns the status */
  post(body: string | Uint8Array<ArrayBuffer>, contentType?: string): Promise<number>;
  /** Waits for packets. */
  poll(signal?: AbortSignal): Promise<string>;
}

export async function openPolling(server: string, version: EngineVersion = 4): Promise<Polling> {
  const handshake = `${server}/socket.io/?EIO=${version}&transport=polling`;
  const text = await (await fetch(handshake)).text();
  const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
  if (sid === undefined) throw new Error(`no handshake: ${text}`);
  const url = `${handshake}&sid=${sid}`;
  return {
    url,
    async post(body, contentType = 'text/plain;charset=UTF-8') {
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': contentType } });
      await response.text();
      return response.status;
    },
    poll: async (signal) => (await fetch(url, { signal: signal ?? null })).text(),
  };
}

/** Closes a connection at the end of the test. */
function ofTest(connection: raw.Raw): raw.Raw {
  onTestFinished(() => connection.end());
  return connection;
}

export const openTcp = async (server: string) => ofTest(await raw.openTcp(server));

/** Engine.IO over WebSocket, past the handshakes of both. */
export const openWebSocket = async (server: string, version?: EngineVersion) =>
  ofTest(await raw.openWebSocket(server, version));

/** Socket.IO 4 over it, past its handshake too. */
export const openSocketIo = async (server: string) => ofTest(await raw.openSocketIo(server));
