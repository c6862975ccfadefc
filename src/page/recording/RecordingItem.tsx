import { Clapperboard, ScreenShare, Video } from 'lucide-preact';
import { useId } from 'preact/hooks';
import { clock } from '../clock.ts';
import { When } from '../parts/When.tsx';
import { strings } from '../strings.ts';
import { timeOfDay } from '../time-of-day.ts';
import type { FileAccess } from './downloads.ts';
import { FileRow } from './FileRow.tsx';
import { fileName } from './file-name.ts';
import type { ListedRecording } from './listed-recording.ts';
import { MissingParts } from './MissingParts.tsx';

type Part = ListedRecording['parts'][number];

/** A time that has passed, as a clock shows it; '' while it goes on. Both in ms. */
const duration = (start: number, end: number | null) => (end === null ? '' : clock(Math.round((end - start) / 1000)));

const join = (texts: readonly string[]) => texts.filter(Boolean).join(' · ');

interface RecordingItemProps {
  recording: ListedRecording;
  access: FileAccess;
  /** The owner has changed something about it. */
  onChange: () => void;
}

/** One recording with its film and its parts. */
export function RecordingItem({ recording, access, onChange }: RecordingItemProps) {
  const id = useId();
  const { startedAt, stoppedAt, state, parts, film } = recording;
  const words = strings.recording.list;
  const missing = state === 'uploading' ? parts.filter((part) => part.state === 'uploading') : [];
  return (
    <section class="recorded" aria-labelledby={id}>
      <h3 id={id}>
        <When at={startedAt} />
        <span class="quiet"> · {join([duration(startedAt, stoppedAt), words.states[state]])}</span>
      </h3>
      {parts.length === 0 && <p class="quiet">{words.nobody}</p>}
      <ul class="list">
        {film && (
          <FileRow
            icon={Clapperboard}
            title={words.film}
            which=""
            note={join([
              film.durationSeconds === null ? '' : clock(Math.round(film.durationSeconds)),
              film.bytes === null ? '' : words.size(film.bytes),
              words.filmStates[film.state],
              film.problem ?? '',
            ])}
            file={fileOf(film.url, film.bytes, fileName([words.film], film.startedAt ?? startedAt, film.mimeType))}
            access={access}
          />
        )}
        {parts.map((part) => (
          <FileRow
            key={part.url}
            icon={part.source === 'screen' ? ScreenShare : Video}
            title={part.name}
            which={[sourceOf(part), words.from(timeOfDay(part.startedAt))].join(', ')}
            note={noteOf(part)}
            file={isThere(part) ? fileOf(part.url, part.bytes, nameOf(part)) : null}
            access={access}
          />
        ))}
      </ul>
      {missing.length > 0 && <MissingParts parts={missing} token={access.token} onChange={onChange} />}
    </section>
  );
}

const isThere = ({ state, bytes }: Part) => bytes > 0 && (state === 'complete' || state === 'partial');

function fileOf(url: string | null, bytes: number | null, name: string) {
  return url === null || bytes === null ? null : { url, bytes, name };
}

function nameOf({ name, source, startedAt, mimeType }: Part): string {
  return fileName(source === 'screen' ? [name, strings.recording.list.sources.screen] : [name], startedAt, mimeType);
}

/** Without the camera, or while the screen is shared, it is the microphone alone. */
function sourceOf({ source, mimeType }: Part): string {
  return strings.recording.list.sources[source === 'camera' && mimeType.startsWith('audio/') ? 'microphone' : source];
}

function noteOf(part: Part): string {
  const { startedAt, endedAt, bytes, state } = part;
  const { from, size, partStates } = strings.recording.list;
  return join([
    sourceOf(part),
    from(timeOfDay(startedAt)),
    duration(startedAt, endedAt),
    bytes > 0 ? size(bytes) : '',
    partStates[state],
  ]);
}
