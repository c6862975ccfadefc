/** Characters that are put together, encoded and written at a time: well below a millisecond of work. */
const CHUNK = 128 * 1024;

/**
 * Puts texts together into pieces of bounded size, as bytes. The texts are asked for as the pieces are, so that whoever
 * writes them one by one lets the event loop go on in between.
 */
export function* inChunks(texts: Iterable<string>): Generator<Buffer> {
  let chunk = '';
  for (const text of texts) {
    chunk += text;
    if (chunk.length >= CHUNK) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
