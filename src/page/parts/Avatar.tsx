const HUES = 6;

function initials(name: string): string {
  const parts = name.split(/\s+/).filter((part) => part !== '');
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
