import { Plus, X } from 'lucide-preact';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { TextField } from '../parts/TextField.tsx';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';

/** The most clients that the server takes. */
const MOST = 50;

interface ClientFieldsProps {
  ids: readonly string[];
  onIds: (ids: string[]) => void;
  /** The first field. */
  inputRef: RefObject<HTMLInputElement>;
  /** The field of the request that the server named as wrong, such as `clients.1.id`. */
  wrongField: string | null;
  error: string;
}

/** Asks for the clients of a consultation: one, and as many more as the provider adds. */
export function ClientFields({ ids, onIds, inputRef, wrongField, error }: ClientFieldsProps) {
  const fields = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLInputElement>(null);
  const count = ids.length;
  const former = useRef(count);
  const { client, clientNumber, addClient, removeClient, clientHint, clientHintHost } = strings.consultations;
  useEffect(() => {
    // The button that was pressed may be gone.
    if (count !== former.current) (last.current ?? inputRef.current)?.focus();
    former.current = count;
  }, [count, inputRef]);
  useEffect(() => {
    const place = wrongField?.match(/^clients\.(\d+)/)?.[1];
    if (place !== undefined) fields.current?.querySelectorAll('input')[Number(place)]?.select();
  }, [wrongField]);
  return (
    <div class="client-fields" ref={fields}>
      {ids.map((id, place) => (
        <TextField
          key={place}
          label={place === 0 ? client : clientNumber(place + 1)}
          value={id}
          onValue={(value) => onIds(ids.map((each, index) => (index === place ? value : each)))}
          inputRef={place === 0 ? inputRef : last}
          hint={place > 0 ? '' : signInKind() === 'open' ? clientHint : clientHintHost}
          error={place === 0 ? error : ''}
          input={{ maxLength: 255, spellcheck: false }}
        >
          {place > 0 && (
            <button
              type="button"
              class="icon-button"
              aria-label={removeClient(place + 1)}
              onClick={() => onIds(ids.filter((_, index) => index !== place))}
            >
              <X size={18} />
            </button>
          )}
        </TextField>
      ))}
      {count < MOST && (
        <button type="button" class="link-button" onClick={() => onIds([...ids, ''])}>
          <Plus size={16} />
          {addClient}
        </button>
      )}
    </div>
  );
}
