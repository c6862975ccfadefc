const two = (value: number) => String(value).padStart(2, '0');

/** Whole seconds as a clock shows them: 04:59, or 1:00:00. */
export function clock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
