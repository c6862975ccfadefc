/**
 * The form of a name by which the open directory compares names, and by which it knows the holder: NFKC (UAX #15), without
 * characters that nobody sees, with single spaces, and in folded case. ECMAScript has no case folding (Unicode, 3.13), so
 * this takes the small letters of the capital letters. That folds all that full case folding does, as ß and ss, or Σ, σ
 * and ς; and a few more letters, as ı and i. Letters of different alphabets that look alike stay different.
 * @returns '' where nothing visible is left
 */
export function foldedName(name: string): string {
  const visible = name.normalize('NFKD').replace(INVISIBLE, '');
  // ẞ has no other capital, but its small letter has.
  const folded = visible.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFKC').replace(SPACES, ' ').trim();
}

/** Zero-width characters, direction marks, soft hyphens, variation selectors and their like. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}]/gu;

/** Unicode does not count the blank of Braille among the spaces, but nobody can tell them apart. */
const SPACES = /[\p{White_Space}\u2800]+/gu;
