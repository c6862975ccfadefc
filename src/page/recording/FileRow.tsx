import type { LucideIcon } from 'lucide-preact';
import { useId } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { downloads, type FileAccess, type RecordedFile, startDownload } from './downloads.ts';

interface FileRowProps {
  icon: LucideIcon;
  title: string;
  /** What else tells the file from others of that title; '' where nothing needs to. */
  which: string;
  note: string;
  /** Null: there is nothing to download yet. */
  file: RecordedFile | null;
  access: FileAccess;
}

/** One file of a recording, with its download. */
export function FileRow({ icon: Icon, title, which, note, file, access }: FileRowProps) {
  const client = useClient();
  const id = useId();
  const current = useObservable(downloads)[file?.url ?? ''];
  const { download, cancel, progress } = strings.recording.list;
  const label = current ? cancel : download;
  return (
    <li class="item">
      <span class="item-icon">
        <Icon size={18} />
      </span>
      <div class="item-text">
        <p class="item-title" dir="auto">
          {title}
        </p>
        <p class="quiet item-note" id={id}>
          {note}
        </p>
        {file && current && <progress aria-label={progress} value={current.received} max={file.bytes} />}
      </div>
      <div class="item-actions">
        {file && (
          <button
            type="button"
            class="button button-small"
            aria-label={`${label}: ${[title, which].filter(Boolean).join(', ')}`}
            aria-describedby={id}
            onClick={() => (current ? current.cancel() : void startDownload(client, file, access))}
          >
            {label}
          </button>
        )}
      </div>
    </li>
  );
}
