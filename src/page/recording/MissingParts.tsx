import { useState } from 'preact/hooks';
import { announce } from '../announcements.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { strings } from '../strings.ts';
import type { ListedRecording } from './listed-recording.ts';

interface MissingPartsProps {
  /** Parts of a recording that is over which have not arrived. */
  parts: ListedRecording['parts'];
  token: string;
  onChange: () => void;
}

/** Lets the owner finish a recording without the parts for which it waits, which may never come. */
export function MissingParts({ parts, token, onChange }: MissingPartsProps) {
  const [isAsking, setAsking] = useState(false);
  const { waitsFor, finish, finishTitle, finishText, finishFailed } = strings.recording.list;
  const names = [...new Set(parts.map(({ name }) => name))].join(', ');
  const giveUp = async () => {
    try {
      for (const { url } of parts) await giveUpPart(url, token);
    } catch {
      announce(finishFailed, 'error');
    }
    onChange();
  };
  return (
    <div class="recorded-missing">
      <p class="quiet">{waitsFor(names)}</p>
      <button type="button" class="button button-small" onClick={() => setAsking(true)}>
        {finish}
      </button>
      {isAsking && (
        <Confirm
          title={finishTitle}
          text={finishText(names)}
          yes={finish}
          onYes={() => void giveUp()}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** One that is whole by now, or deleted, is not in the way any more. */
async function giveUpPart(url: string, token: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
  if (!ok && status !== 404 && status !== 409) throw new Error(`The server answered ${status}.`);
}
