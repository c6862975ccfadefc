import { startProxy } from './proxy.ts';

/**
 * A proxy's treatment of a WebSocket. 'well': carries it. 'unanswered': the request to upgrade gets no answer. 'carries
 * nothing': it is answered, and then no frame passes. 'one way': nothing passes from the browser to the server. A number:
 * the status of the answer.
 */
export type Treatment = 'well' | 'unanswered' | 'carries nothing' | 'one way' | number;

interface StallingProxy {
  url: string;
  /** The number of WebSockets that browsers asked for. */
  webSockets(): number;
  /** From now on nothing passes over the WebSockets that are open. */
  stall(): void;
}

/** A proxy that carries polling well, and WebSockets badly. @param target the URL of a server on this machine */
export async function stallingProxy(target: string, treatment: Treatment): Promise<StallingProxy> {
  let webSockets = 0;
  let isStalled = false;
  const { url } = await startProxy(target, (client, upstream) => {
    let isWebSocket = false;
    let isAnswered = false;
    client.on('data', (bytes) => {
      const isUpgrade = /^upgrade: websocket/im.test(bytes.toString('latin1'));
      if (isUpgrade) webSockets += 1;
      if (isUpgrade && treatment === 'unanswered') return;
      if (isUpgrade && typeof treatment === 'number') {
        client.end(`HTTP/1.1 ${treatment} Proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
        return;
      }
      if (isWebSocket && (isStalled || treatment !== 'well')) return;
      isWebSocket ||= isUpgrade;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isWebSocket && isStalled) return;
      if (!isWebSocket || treatment !== 'carries nothing') client.write(bytes);
      // The answer to the upgrade passes, without the frames behind it.
      else if (!isAnswered) client.write(bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4));
      isAnswered = isWebSocket;
    });
  });
  return {
    url,
    webSockets: () => webSockets,
    stall: () => {
      isStalled = true;
    },
  };
}
