import { type Box, FRAME_MS, layout } from './layout.ts';

/** The longest gap between two parts of one person that their last picture fills, ms: another camera begins within it. */
const BRIDGED_MS = 1500;

/** Somebody who was away for no longer than this, ms, such as for a reload, keeps the place. */
const KEPT_PLACE_MS = 60_000;

/** What one run of a recorder has, once it is read. Times are in ms, by the clock of the server. */
export interface Take {
  /** Its number, as that of the part. */
  readonly n: number;
  /** Who recorded it: the id of an attendee. */
  readonly person: string;
  readonly name: string;
  readonly isScreen: boolean;
  readonly startedAt: number;
  /** How long its pictures and its sound are, ms; 0: it has none. */
  readonly videoMs: number;
  readonly audioMs: number;
}

/** That somebody was on the call from then to then, ms since the epoch. */
export interface Stay {
  readonly person: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What a place in the picture shows. */
export interface Tile {
  readonly box: Box;
  readonly label: string;
  /** The pictures of a take, from this one on; null: only the name, on a card. */
  readonly shown: { readonly n: number; readonly fromFrame: number } | null;
}

/** A stretch of the film in which every place stays where it is. */
export interface Scene {
  readonly fromFrame: number;
  readonly frames: number;
  readonly tiles: readonly Tile[];
}

export interface Timeline {
  /** When the first picture of the film is, ms since the epoch. */
  readonly startedAt: number;
  readonly frames: number;
  readonly scenes: readonly Scene[];
}

/** Which picture of a film is shown at a time. @param origin when the first one is */
export const frameAt = (at: number, origin: number) => Math.floor((at - origin) / FRAME_MS);

/** Pictures that are shown for so long. */
export const framesIn = (ms: number) => Math.ceil(ms / FRAME_MS);

interface Shot extends Take {
  readonly from: number;
  readonly to: number;
}

/**
 * Who is seen where, when. The film lasts from the beginning of its first take to the end of its last one.
 * @param takes at least one
 * @param origin the time from which the pictures of all takes are counted, ms since the epoch, before them all
 */
export function timelineOf(takes: readonly Take[], stays: readonly Stay[], origin: number): Timeline {
  const begin = Math.min(...takes.map(({ startedAt }) => frameAt(startedAt, origin)));
  const end = Math.max(
    begin + 1,
    ...takes.map((take) => frameAt(take.startedAt, origin) + framesIn(Math.max(take.videoMs, take.audioMs))),
  );
  const within = (frame: number) => Math.min(Math.max(frame, begin), end);
  const shots = bridged(
    takes
      .filter(({ videoMs }) => videoMs > 0)
      .map((take) => {
        const from = frameAt(take.startedAt, origin);
        return { ...take, from, to: from + framesIn(take.videoMs) };
      }),
  );
  const present = joined(staysOf(takes, stays)).map((stay) => ({
    ...stay,
    from: within(frameAt(stay.from, origin)),
    to: within(framesIn(stay.to - origin)),
  }));
  const cuts = [begin, end, ...[...shots, ...present].flatMap(({ from, to }) => [within(from), within(to)])];
  const frames = [...new Set(cuts)].sort((a, b) => a - b);
  const people = [...new Map(present.map(({ person, name }) => [person, name]))];
  const scenes = frames.slice(0, -1).map((from, index) => {
    const to = frames[index + 1] ?? end;
    const on = shots.filter((shot) => shot.from <= from && shot.to >= to);
    const screens = on.filter(({ isScreen }) => isScreen);
    const there = people.filter(([person]) =>
      present.some((stay) => stay.person === person && stay.from <= from && stay.to >= to),
    );
    const boxes = layout(screens.length, there.length);
    const shownIn = (shot: Shot | undefined) =>
      shot ? { n: shot.n, fromFrame: Math.min(from - shot.from, framesIn(shot.videoMs) - 1) } : null;
    const tiles = [
      ...screens.map((shot, at) => ({ box: boxes.screens[at], label: `${shot.name} (screen)`, shown: shownIn(shot) })),
      ...there.map(([person, name], at) => ({
        box: boxes.people[at],
        label: name,
        shown: shownIn(on.findLast((shot) => shot.person === person && !shot.isScreen)),
      })),
    ];
    return {
      fromFrame: from - begin,
      frames: to - from,
      tiles: tiles.flatMap((tile) => (tile.box ? [{ ...tile, box: tile.box }] : [])),
    };
  });
  return { startedAt: origin + begin * FRAME_MS, frames: end - begin, scenes };
}

/** The shots in their order; the last picture of one stays until the next one of the same person, if that comes soon. */
function bridged(shots: readonly Shot[]): Shot[] {
  const sorted = shots.toSorted((a, b) => a.from - b.from || a.n - b.n);
  return sorted.map((shot, index) => {
    const next = sorted
      .slice(index + 1)
      .find((other) => other.person === shot.person && other.isScreen === shot.isScreen && other.from >= shot.to);
    const isSoon = next !== undefined && next.from - shot.to <= BRIDGED_MS / FRAME_MS;
    return isSoon ? { ...shot, to: next.from } : shot;
  });
}

/** When everybody was there: as the call says, and while something of them was recorded. */
function staysOf(takes: readonly Take[], stays: readonly Stay[]): Stay[] {
  const recorded = takes.map(({ person, name, startedAt, videoMs, audioMs }) => ({
    person,
    name,
    from: startedAt,
    to: startedAt + Math.max(videoMs, audioMs),
  }));
  return [...stays, ...recorded];
}

/** The stays of each person, those first that began first; short absences between them count as presence. */
function joined(stays: readonly Stay[]): Stay[] {
  const result: Stay[] = [];
  for (const stay of stays.toSorted((a, b) => a.from - b.from)) {
    const at = result.findLastIndex(({ person }) => person === stay.person);
    const former = result[at];
    if (former && stay.from - former.to <= KEPT_PLACE_MS) {
      result[at] = { ...former, to: Math.max(former.to, stay.to) };
    } else {
      result.push(stay);
    }
  }
  return result;
}
