import type { Grade } from './quality.ts';

const lit: Record<Grade, number> = { good: 3, fair: 2, poor: 1 };

/** Three bars, of which one, two or all are lit. */
export function SignalBars({ grade }: { grade: Grade }) {
  return (
    <svg class="bars" viewBox="0 0 14 14" aria-hidden="true">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          class={bar < lit[grade] ? 'lit' : ''}
          x={1 + bar * 4.5}
          y={9 - bar * 4}
          width="3"
          height={4 + bar * 4}
          rx="1"
        />
      ))}
    </svg>
  );
}
