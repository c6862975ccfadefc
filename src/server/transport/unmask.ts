import { createRequire } from 'node:module';

/** Applies a mask of four bytes in place (RFC 6455, 5.3). To apply it once more undoes that. */
type Unmask = (bytes: Buffer, mask: Buffer) => void;

/** As ws does: by the add-on bufferutil where it is installed and the environment allows it, otherwise in JavaScript. */
export const unmask = process.env.WS_NO_BUFFER_UTIL ? unmaskInJavaScript : byAddOn();

function byAddOn(): Unmask {
  try {
    return createRequire(import.meta.url)('bufferutil').unmask;
  } catch {
    return unmaskInJavaScript;
  }
}

function unmaskInJavaScript(bytes: Buffer, mask: Buffer): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (bytes[at] as number) ^ (mask[at & 3] as number);
}
