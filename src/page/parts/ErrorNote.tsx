/** An error that is read out when it comes. @param text null or '': there is none */
export function ErrorNote({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p class="note note-error" role="alert">
      {text}
    </p>
  );
}
