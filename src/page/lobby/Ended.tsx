import { useEffect, useRef } from 'preact/hooks';
import type { EndReason } from '../../client/state.ts';
import { Card } from '../parts/Card.tsx';
import { strings } from '../strings.ts';

interface EndedProps {
  reason: Exclude<EndReason, 'left'>;
  workspaceName: string;
  onDone: () => void;
}

/** Says why the seat ended, and offers the next step. */
export function Ended({ reason, workspaceName, onDone }: EndedProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { title, text, action } = strings.ended[reason];
  // The newest connection holds the seat, so a reload takes it back.
  const act = reason === 'superseded' ? () => location.reload() : onDone;
  return (
    <Card>
      <div role="alert">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p>{text(workspaceName || strings.thisWorkspace)}</p>
      </div>
      <button type="button" class="button button-primary" onClick={act}>
        {action}
      </button>
    </Card>
  );
}
