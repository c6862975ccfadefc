import { Card } from '../parts/Card.tsx';
import { words } from '../strings.ts';

export function ComingBack({ isServerAway }: { isServerAway: boolean }) {
  return (
    <Card>
      <div class="coming-back" aria-live="polite">
        <span class="spinner" />
        <h1>{words.comingBack}</h1>
        <p class="quiet">{isServerAway ? words.serverUnreachable : ''}</p>
      </div>
    </Card>
  );
}
