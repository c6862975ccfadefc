/** The size of films, in pixels, and their pictures a second. */
export const WIDTH = 1280;
export const HEIGHT = 720;
export const FRAME_RATE = 25;

/** How long a picture is shown, ms. */
export const FRAME_MS = 1000 / FRAME_RATE;

/** The share of the width that shared screens have beside people. */
const SCREEN_SHARE = 3 / 4;

/** A rectangle of the picture, in pixels: even ones, because two share a colour in each direction. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const even = (pixels: number) => 2 * Math.floor(pixels / 2);
const WHOLE: Box = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

/** The places of so many screens and people: people in a grid, or in a column beside the screens. */
export function layout(screens: number, people: number): { screens: Box[]; people: Box[] } {
  if (screens === 0 || people === 0) return { screens: grid(WHOLE, screens), people: grid(WHOLE, people) };
  const width = even(WIDTH * SCREEN_SHARE);
  return {
    screens: grid({ ...WHOLE, width }, screens),
    people: grid({ ...WHOLE, x: width, width: WIDTH - width }, people),
  };
}

/** So many tiles of the same form as the film, as large as fits into a box; the last row is in the middle. */
function grid(box: Box, count: number): Box[] {
  const { columns, width, height } = largest(box, count);
  const rows = Math.ceil(count / columns);
  const top = box.y + even((box.height - rows * height) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = box.x + even((box.width - inRow * width) / 2);
    return { x: left + (index % columns) * width, y: top + row * height, width, height };
  });
}

function largest(box: Box, count: number) {
  const choices = Array.from({ length: Math.max(count, 1) }, (_, index) => {
    const columns = index + 1;
    const rows = Math.ceil(count / columns);
    const width = Math.max(2, even(Math.min(box.width / columns, ((box.height / Math.max(rows, 1)) * WIDTH) / HEIGHT)));
    return { columns, width, height: Math.max(2, even((width * HEIGHT) / WIDTH)) };
  });
  return choices.reduce((best, each) => (each.width >= best.width ? each : best));
}
