import type { ComponentChild } from 'preact';

const LINK = /https?:\/\/[^\s<>"]+/g;

/** Punctuation at the end belongs to the sentence, and a closing bracket to it unless the link has opened one. */
function linkIn(match: string): string {
  let link = match.replace(/[.,;:!?'’”»]+$/u, '');
  while (link.endsWith(')') && link.split('(').length <= link.split(')').length - 1) link = link.slice(0, -1);
  return link;
}

/** The text of a message, with links that open in another tab. Only http and https become links. */
export function MessageText({ text }: { text: string }) {
  const parts: ComponentChild[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(LINK)) {
    const link = linkIn(match);
    if (!URL.canParse(link)) continue;
    parts.push(
      text.slice(end, index),
      <a key={index} href={link} target="_blank" rel="noopener noreferrer nofollow">
        {link}
      </a>,
    );
    end = index + link.length;
  }
  parts.push(text.slice(end));
  // Each message is written in the direction of its own first letter.
  return (
    <p class="message-text" dir="auto">
      {parts}
    </p>
  );
}
