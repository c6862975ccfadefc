/** A chunk has about so many characters: to join, encode and write them takes well below a millisecond. */
const CHUNK = 128 * 1024;

/**
 * Joins texts into chunks of bounded size, as bytes. It asks for a text only when the caller asks for a chunk, so a
 * caller that writes the chunks one by one lets the event loop go on in between.
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
