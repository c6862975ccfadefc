/** A random id of 64 bits, for pages, calls and connections. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).reduce((text, word) => text + word.toString(36), '');
}
