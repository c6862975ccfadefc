/** The program to run; null where there is none. */
export function promtool(): string | null;
