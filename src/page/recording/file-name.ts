const two = (value: number) => String(value).padStart(2, '0');

/**
 * The name for a file of a recording, which every system takes.
 * @param startedAt ms since the epoch
 * @param mimeType what follows the slash becomes the suffix
 */
export function fileName(words: readonly string[], startedAt: number, mimeType: string): string {
  const at = new Date(startedAt);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-');
  const suffix = /^\w+\/(\w+)/.exec(mimeType)?.[1] ?? 'bin';
  const name = [day, time, ...words].join(' ').replace(/[\p{C}\\/:*?"<>|]+/gu, '_');
  return `${[...name].slice(0, 100).join('').trim()}.${suffix}`;
}
