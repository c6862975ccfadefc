import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { FilmRecord } from '../records/films.ts';
import type { PartRecord } from '../records/recording-parts.ts';
import { suffixOf } from './media-types.ts';
import { FILM_TYPE } from './shown.ts';

/** A file that is handed out. */
export interface ServedFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** Its name for those who save it: ASCII, without quotes. */
  readonly name: string;
  /** Changes with its content. */
  readonly etag: string;
}

/** The part of a recording as a file. @param size in bytes */
export function partFile({ id, n, mimeType, sha256 }: PartRecord, path: string, size: number): ServedFile {
  const name = `part-${n}.${suffixOf(mimeType)}`;
  return { path, size, mediaType: mimeType, name, etag: sha256 ?? `${id}-${size}` };
}

/** The film of a recording as a file. @param size in bytes */
export function filmFile({ id, sha256 }: FilmRecord, path: string, size: number): ServedFile {
  return { path, size, mediaType: FILM_TYPE, name: 'film.mp4', etag: sha256 ?? `${id}-${size}` };
}

/**
 * A file, or the part of it that the header Range asks for (RFC 9110, 14). It is always something to save: no browser shows
 * it as a page, or guesses what it is.
 * @returns null where the file has none of the bytes that the header asks for: then the status is 416, with `unsatisfied`
 */
export function fileResponse(file: ServedFile, { method, headers }: Request): Response | null {
  const { size, path } = file;
  const etag = `"${file.etag}"`;
  const condition = headers.get('If-Range');
  const wanted = condition === null || condition === etag ? headers.get('Range') : null;
  const range = wanted === null ? null : rangeOf(wanted, size);
  if (range === 'none') return null;
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const hasBody = method !== 'HEAD' && end >= start;
  const body = hasBody ? (Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream) : null;
  return new Response(body, {
    status: range ? 206 : 200,
    headers: {
      'Content-Type': file.mediaType,
      'Content-Length': String(end - start + 1),
      'Content-Disposition': `attachment; filename="${file.name}"`,
      'X-Content-Type-Options': 'nosniff',
      'Accept-Ranges': 'bytes',
      ETag: etag,
      ...(range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
    },
  });
}

/** The headers of the answer to a range that a file has nothing of. */
export function unsatisfied({ size }: ServedFile): Record<string, string> {
  return { 'Content-Range': `bytes */${size}` };
}

/**
 * The bytes that a Range asks for, both ends included.
 * @returns null where it has another unit, several ranges, or a wrong form: then the whole file is the answer; `none`: the
 *   file has none of these bytes
 */
function rangeOf(text: string, size: number): { start: number; end: number } | 'none' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text.trim()) ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  return start > end ? 'none' : { start, end };
}
