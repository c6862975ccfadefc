import type { PeerState } from '../../client/state.ts';
import { strings } from '../strings.ts';

export type Grade = 'good' | 'fair' | 'poor';

/** Limits of a fair and a poor connection. ITU-T G.114: nobody notices 150 ms one way, and 400 ms disturb any talk. */
const FAIR = { roundTripMs: 250, loss: 0.02 };
const POOR = { roundTripMs: 500, loss: 0.08 };

export function gradeOf({ quality }: PeerState): Grade | null {
  if (!quality) return null;
  const { roundTripMs, loss } = quality;
  if (roundTripMs > POOR.roundTripMs || loss > POOR.loss) return 'poor';
  return roundTripMs > FAIR.roundTripMs || loss > FAIR.loss ? 'fair' : 'good';
}

/** "Good connection, direct, 42 ms" */
export function describeConnection(peer: PeerState): string {
  const grade = gradeOf(peer);
  const { route, quality } = peer;
  return [
    grade ? strings.connection[grade] : strings.connection.connected,
    route && (route === 'relay' ? strings.connection.relay : strings.connection.direct),
    quality && strings.connection.roundTrip(quality.roundTripMs),
  ]
    .filter(Boolean)
    .join(', ');
}
