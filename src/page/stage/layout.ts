export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

const GAP = 8;
/** Tiles are between upright (faces on phones) and as wide as camera pictures. */
const NARROWEST = 3 / 4;
const WIDEST = 16 / 9;
/** The share of the stage for the other tiles beside a shared screen. */
const STRIP = 0.22;
const STRIP_MIN = 96;

function tileIn(cell: Size): Size {
  return { width: Math.min(cell.width, cell.height * WIDEST), height: Math.min(cell.height, cell.width / NARROWEST) };
}

/** Rates a size of tiles: by the visible part of a camera's picture, and a little by how much of the stage it fills. */
function worth({ width, height }: Size): number {
  const whole = Math.min(width, height * WIDEST) ** 2 / WIDEST;
  return whole === 0 ? 0 : whole * ((width * height) / whole) ** (1 / 3);
}

function grid(count: number, area: Box): Box[] {
  const options = Array.from({ length: count }, (_, index) => {
    const columns = index + 1;
    const rows = Math.ceil(count / columns);
    const tile = tileIn({
      width: Math.max(0, (area.width - GAP * (columns - 1)) / columns),
      height: Math.max(0, (area.height - GAP * (rows - 1)) / rows),
    });
    return { columns, rows, tile, worth: worth(tile) };
  });
  const best = options.reduce((former, option) => (option.worth > former.worth ? option : former));
  const width = Math.floor(best.tile.width);
  const height = Math.floor(best.tile.height);
  const top = area.top + (area.height - best.rows * height - (best.rows - 1) * GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / best.columns);
    const inRow = Math.min(best.columns, count - row * best.columns);
    const left = area.left + (area.width - inRow * width - (inRow - 1) * GAP) / 2;
    return {
      left: Math.round(left + (index % best.columns) * (width + GAP)),
      top: Math.round(top + row * (height + GAP)),
      width,
      height,
    };
  });
}

/**
 * Places all tiles so that they fit without scrolling.
 * @param spotlight the index of the tile that gets most of the space, or -1
 */
export function arrange(count: number, { width, height }: Size, spotlight: number): Box[] {
  if (count === 0 || width === 0 || height === 0) return [];
  if (spotlight < 0 || count === 1) return grid(count, { left: 0, top: 0, width, height });
  const isWide = width > height;
  const strip = Math.max(STRIP_MIN, (isWide ? width : height) * STRIP);
  const large: Box = isWide
    ? { left: 0, top: 0, width: width - strip - GAP, height }
    : { left: 0, top: 0, width, height: height - strip - GAP };
  const small: Box = isWide
    ? { left: width - strip, top: 0, width: strip, height }
    : { left: 0, top: height - strip, width, height: strip };
  const boxes = grid(count - 1, small);
  boxes.splice(spotlight, 0, large);
  return boxes;
}
