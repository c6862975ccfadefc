import type { PeerState } from './state.ts';

const routes = ['host', 'srflx', 'prflx', 'relay'] as const;

interface Counters {
  received: number;
  lost: number;
}

/** Reads route, round trip and loss of one connection from its reports (W3C webrtc-stats). */
export class QualityMeter {
  #former: Counters = { received: 0, lost: 0 };

  /** Round trip and loss since the last report. */
  read(report: RTCStatsReport): Pick<PeerState, 'route' | 'quality'> {
    const counters: Counters = { received: 0, lost: 0 };
    let pairId = '';
    report.forEach((stats) => {
      if (stats.type === 'transport' && stats.selectedCandidatePairId) pairId = stats.selectedCandidatePairId;
      if (stats.type === 'inbound-rtp') {
        counters.received += stats.packetsReceived ?? 0;
        counters.lost += stats.packetsLost ?? 0;
      }
    });
    const pair = report.get(pairId);
    const local = pair && report.get(pair.localCandidateId);
    const received = counters.received - this.#former.received;
    const lost = counters.lost - this.#former.lost;
    this.#former = counters;
    const all = received + lost;
    return {
      route: routes.find((route) => route === local?.candidateType) ?? null,
      quality: pair
        ? {
            roundTripMs: Math.round((pair.currentRoundTripTime ?? 0) * 1000),
            loss: all > 0 ? Math.min(1, Math.max(0, lost / all)) : 0,
          }
        : null,
    };
  }
}
