import { useRef } from 'preact/hooks';
import { useLevel } from '../use-level.ts';

/** Shows the loudness of the own microphone. */
export function LevelMeter({ stream, hint }: { stream: MediaStream | null; hint: string }) {
  const bar = useRef<HTMLSpanElement>(null);
  useLevel(stream, (level) => {
    if (bar.current) bar.current.style.transform = `scaleX(${level.toFixed(2)})`;
  });
  return (
    <div class="level">
      <span class="level-track" aria-hidden="true">
        <span class="level-bar" ref={bar} />
      </span>
      <span class="quiet">{hint}</span>
    </div>
  );
}
