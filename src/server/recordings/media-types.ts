/** How many bytes of a file are enough to know its type. */
export const SIGNATURE_BYTES = 12;

/** What files of each container begin with; null: any byte. */
const signatures: Readonly<Record<string, readonly (number | null)[]>> = {
  // The header of EBML (RFC 8794, 11.2.1).
  webm: [0x1a, 0x45, 0xdf, 0xa3],
  // The size of the first box, and its type `ftyp` (ISO/IEC 14496-12, 4.3).
  mp4: [null, null, null, null, ...Buffer.from('ftyp')],
  // The capture pattern of a page (RFC 3533, 6).
  ogg: [...Buffer.from('OggS')],
};

/** A media type without its parameters, in lower case: `video/webm`. */
export function baseType(mimeType: string): string {
  return (mimeType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Whether these may be the first bytes of a file of that type. @param first as many as there are */
export function mayBegin(mimeType: string, first: Uint8Array): boolean {
  const signature = signatures[mimeType.split('/')[1] ?? ''];
  if (!signature) return false;
  return signature.every((byte, at) => byte === null || first[at] === undefined || first[at] === byte);
}

/** The suffix of a file of that type. */
export function suffixOf(mimeType: string): string {
  return mimeType.split('/')[1] ?? 'bin';
}
