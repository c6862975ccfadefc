import { Card } from '../parts/Card.tsx';
import { strings } from '../strings.ts';

export function ComingBack({ isServerAway }: { isServerAway: boolean }) {
  return (
    <Card>
      <div class="coming-back" aria-live="polite">
        <span class="spinner" />
        <h1>{strings.comingBack}</h1>
        <p class="quiet">{isServerAway ? strings.serverUnreachable : ''}</p>
      </div>
    </Card>
  );
}
