/** In their order: the first one costs the processor least, which the call needs; Safari knows MP4 alone. */
const types = [
  { container: 'webm', video: 'vp8', audio: 'opus' },
  { container: 'webm', video: 'vp9', audio: 'opus' },
  { container: 'mp4', video: 'avc1.42E01E', audio: 'mp4a.40.2' },
  { container: 'mp4', video: 'avc1.42E01E', audio: 'opus' },
] as const;

/**
 * The type in which this browser records tracks of these kinds.
 * @param isSupported `MediaRecorder.isTypeSupported`
 * @returns null where it can record in none
 */
export function chooseMediaType(
  has: { readonly audio: boolean; readonly video: boolean },
  isSupported: (type: string) => boolean,
): string | null {
  const kind = has.video ? 'video' : 'audio';
  const codecs = (type: (typeof types)[number]) => [has.video && type.video, has.audio && type.audio].filter(Boolean);
  const named = types.map((type) => `${kind}/${type.container};codecs=${codecs(type).join(',')}`);
  return [...named, `${kind}/webm`, `${kind}/mp4`].find(isSupported) ?? null;
}
