import { LoaderCircle, TriangleAlert } from 'lucide-preact';
import type { PeerState } from '../../client/state.ts';
import { describeConnection, gradeOf } from './quality.ts';
import { SignalBars } from './SignalBars.tsx';

interface ConnectionMarkProps {
  peer: PeerState;
  /** The text while there is no connection. */
  note: string;
}

/** The state of a connection as a sign, with a text for screen readers and the mouse. */
export function ConnectionMark({ peer, note }: ConnectionMarkProps) {
  const isConnected = peer.state === 'connected';
  const grade = gradeOf(peer) ?? 'good';
  const Waiting = peer.state === 'failed' ? TriangleAlert : LoaderCircle;
  const text = isConnected ? describeConnection(peer) : note;
  return (
    <span class={`mark mark-${isConnected ? grade : peer.state}`} role="img" aria-label={text} title={text}>
      {isConnected ? <SignalBars grade={grade} /> : <Waiting size={16} />}
    </span>
  );
}
