import { strings } from '../strings.ts';
import { Dialog } from './Dialog.tsx';

interface ConfirmProps {
  title: string;
  text: string;
  yes: string;
  onYes: () => void;
  /** A second way to say yes, which does more. */
  more?: { yes: string; onYes: () => void };
  onClose: () => void;
}

/** Asks before a step that nobody can undo. */
export function Confirm({ title, text, yes, onYes, more, onClose }: ConfirmProps) {
  const confirm = (act: () => void) => {
    onClose();
    act();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {strings.cancel}
        </button>
        <button type="button" class="button button-danger" onClick={() => confirm(onYes)}>
          {yes}
        </button>
        {more && (
          <button type="button" class="button button-danger" onClick={() => confirm(more.onYes)}>
            {more.yes}
          </button>
        )}
      </div>
    </Dialog>
  );
}
