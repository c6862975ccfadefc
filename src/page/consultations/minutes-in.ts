/** The most that the server takes: a day. */
const MOST_MINUTES = 1_440;

/** The minutes that a person wrote, with a point or a comma. @returns undefined for nothing, null for what is no such number */
export function minutesIn(text: string): number | undefined | null {
  const trimmed = text.trim();
  if (trimmed === '') return;
  const minutes = Number(trimmed.replace(',', '.'));
  return minutes > 0 && minutes <= MOST_MINUTES ? minutes : null;
}
