const HUES = 6;

/** The first letters of the first and the last name; titles such as "Dr." have none. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter((part) => part !== '');
  const names = words.filter((word) => !word.endsWith('.'));
  const parts = names.length > 0 ? names : words;
  const first = [...(parts[0] ?? '')][0] ?? '?';
  const last = parts.length > 1 ? ([...(parts.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** The id that gives somebody a colour: a user has the same one on every seat and screen. */
export function colourId({ id, user }: { id: string; user?: { id: string } | undefined }): string {
  return user?.id ?? id;
}

/** The same person has the same colour everywhere. */
function hue(id: string): number {
  // A user may be called in any case.
  return [...id.toLowerCase()].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % HUES;
}

export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span class={`avatar avatar-${hue(id)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
