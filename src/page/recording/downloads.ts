import type { MeshClient, RecordingsOf } from '../../client/mesh-client.ts';
import { Observable } from '../../client/observable.ts';
import { announce } from '../announcements.ts';
import { strings } from '../strings.ts';
import { download } from './download.ts';

/** A file of a recording that the owner can have. */
export interface RecordedFile {
  readonly url: string;
  readonly bytes: number;
  /** What the file is called where it is saved. */
  readonly name: string;
}

/** What opens a file of a list. */
export interface FileAccess {
  /** Of what the list is; undefined: of the workspace of the seat. */
  readonly of: RecordingsOf | undefined;
  readonly token: string;
}

interface Download {
  readonly received: number;
  readonly cancel: () => void;
}

/** The downloads that are under way, by the URLs of their files. They outlive the list in which they began. */
export const downloads = new Observable<Readonly<Record<string, Download>>>({});

/** The time that a browser has to take over a file, in ms. */
const TAKEN_OVER = 60_000;

/** Downloads a file and hands it to the browser to save. */
export async function startDownload(
  client: MeshClient,
  { url, bytes, name }: RecordedFile,
  { of, token }: FileAccess,
): Promise<void> {
  if (downloads.value[url]) return;
  const abort = new AbortController();
  const cancel = () => abort.abort();
  const note = (received: number) => downloads.set({ ...downloads.value, [url]: { received, cancel } });
  note(0);
  try {
    const file = await download({
      url,
      bytes,
      token: async (isOver) => (isOver ? (await client.recordings(of)).downloadToken : token),
      onProgress: note,
      signal: abort.signal,
    });
    save(file, name);
  } catch {
    if (!abort.signal.aborted) announce(strings.recording.list.failed(name), 'error');
  } finally {
    const { [url]: _, ...others } = downloads.value;
    downloads.set(others);
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_OVER);
}
