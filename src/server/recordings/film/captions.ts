import { HEIGHT, WIDTH } from './layout.ts';
import type { Tile } from './timeline.ts';

/** Characters (code points) of a name that are shown. */
const MOST_SHOWN = 60;

/** Stands behind a backslash, so that it is one and begins no command; it is not seen. */
const WORD_JOINER = '\u2060';

// Colours as ASS has them: blue, green, red.
const CARD = '&H3A3330&';
const EDGE = '&H242120&';

/**
 * The names in a scene, in the format ASS (Advanced SubStation Alpha), which libass draws: in every script for which the
 * machine has a font, from right to left where that is how it is written.
 */
export function captionsOf(tiles: readonly Tile[]): string {
  return `[Script Info]
ScriptType: v4.00+
PlayResX: ${WIDTH}
PlayResY: ${HEIGHT}
WrapStyle: 0
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,sans-serif,28,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,0,5,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
${tiles.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ box, label, shown }: Tile): string[] {
  const { x, y, width, height } = box;
  const [right, bottom] = [x + width, y + height];
  const margin = Math.max(0, Math.ceil((WIDTH - width) / 2) + 8);
  const clip = `\\clip(${x},${y},${right},${bottom})`;
  const text = escaped(label);
  if (shown) {
    const size = Math.max(12, Math.round(height / 18));
    return [event(1, margin, `{\\an1\\q2\\pos(${x + 10},${bottom - 8})\\fs${size}${clip}}${text}`)];
  }
  const frame = `m ${x} ${y} l ${right} ${y} l ${right} ${bottom} l ${x} ${bottom}`;
  const size = Math.max(12, Math.round(height / 9));
  return [
    event(0, 0, `{\\an7\\pos(0,0)\\bord2\\3c${EDGE}\\1c${CARD}${clip}\\p1}${frame}{\\p0}`),
    event(1, margin, `{\\an5\\pos(${x + width / 2},${y + height / 2})\\fs${size}\\bord0${clip}}${text}`),
  ];
}

/** It lasts longer than every scene. */
function event(layer: number, margin: number, text: string): string {
  return `Dialogue: ${layer},0:00:00.00,99:00:00.00,Default,,${margin},${margin},0,,${text}`;
}

/** A name as text and nothing else: no command, no second line, no second event. */
export function escaped(name: string): string {
  const visible = name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...visible];
  const shown = characters.length > MOST_SHOWN ? `${characters.slice(0, MOST_SHOWN).join('')}…` : visible;
  return shown.replaceAll(/[\\{}]/g, (each) => (each === '\\' ? `\\${WORD_JOINER}` : `\\${each}`));
}
