import { partsOf } from './message-links.ts';

/**
 * The text of a message, with links that open in another tab. A link is a run of its own from left to right, so that
 * characters around it cannot turn it round on the screen.
 */
export function MessageText({ text }: { text: string }) {
  // Each message is written in the direction of its own first letter.
  return (
    <p class="message-text" dir="auto">
      {partsOf(text).map((part, index) =>
        part.isLink ? (
          <a key={index} href={part.text} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </p>
  );
}
