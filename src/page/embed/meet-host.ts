import { HANDSHAKE } from '../../embed/messages.ts';

/**
 * The exact origins whose pages may hold this one in a frame (`EMBED_ORIGINS`). The server writes them into the document for
 * frames alone; in all other documents there are none.
 */
export function embedOrigins(): string[] {
  const said = document.querySelector<HTMLMetaElement>('meta[name="embed-origins"]')?.content ?? '';
  return said.split(' ').filter((origin) => origin !== '');
}

/**
 * Waits for the page around this frame, and takes the one port that it hands over. Browsers show the document for frames only
 * where every page around it is of an allowed origin (`frame-ancestors`). Here counts who speaks: the window right
 * around this one, with an allowed origin, once. So neither another frame of that page, nor a window that opened or found
 * this one, nor a second script of that page becomes its host.
 */
export function meetHost(origins: readonly string[]): Promise<MessagePort> {
  return new Promise((resolve) => {
    const onMessage = ({ source, origin, data, ports: [port] }: MessageEvent) => {
      if (source !== parent || !origins.includes(origin) || data !== HANDSHAKE || !port) return;
      removeEventListener('message', onMessage);
      resolve(port);
    };
    addEventListener('message', onMessage);
  });
}
