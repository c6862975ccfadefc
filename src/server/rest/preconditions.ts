/** The ETag of a revision (RFC 9110, 8.8.3). */
export function etagOf(rev: number): string {
  return `"${rev}"`;
}

/**
 * Whether a revision meets If-Match (RFC 9110, 13.1.1). The comparison is strong, so a weak tag never does.
 * @param ifMatch the header; undefined: there is no condition
 */
export function meetsIfMatch(ifMatch: string | undefined, rev: number): boolean {
  if (ifMatch === undefined) return true;
  const tags = tagsOf(ifMatch);
  return tags.includes('*') || tags.includes(etagOf(rev));
}

/** Whether a client has this version already, by If-None-Match (RFC 9110, 13.1.2). */
export function meetsIfNoneMatch(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = tagsOf(ifNoneMatch ?? '').map((tag) => tag.replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

// Our tags hold no comma.
const tagsOf = (header: string) => header.split(',').map((tag) => tag.trim());
