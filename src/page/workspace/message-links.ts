/** A part of a message. */
export interface TextPart {
  readonly text: string;
  readonly isLink: boolean;
}

/**
 * Only http and https become links. A link ends before characters that nobody sees, such as those which change the direction
 * of the text (Unicode Bidirectional Algorithm, UAX #9): what stands there is what opens.
 */
const LINK = /https?:\/\/[^\s<>"\p{Cf}]+/giu;

/** Punctuation at the end belongs to the sentence, and a closing bracket to it unless the link has opened one. */
function linkIn(match: string): string {
  let link = match.replace(/[.,;:!?'’”»]+$/u, '');
  while (link.endsWith(')') && link.split('(').length < link.split(')').length) link = link.slice(0, -1);
  return link;
}

/** Whether an address leads where it seems to: no user name before an `@` passes for the host. */
function isPlain(link: string): boolean {
  if (!URL.canParse(link)) return false;
  const { username, password } = new URL(link);
  return username === '' && password === '';
}

/** The parts of a message, in their order. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(LINK)) {
    const link = linkIn(match);
    if (!isPlain(link)) continue;
    if (index > end) parts.push({ text: text.slice(end, index), isLink: false });
    parts.push({ text: link, isLink: true });
    end = index + link.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isLink: false });
  return parts;
}
