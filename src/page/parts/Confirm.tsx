import { strings } from '../strings.ts';
import { Dialog } from './Dialog.tsx';

interface ConfirmProps {
  title: string;
  text: string;
  yes: string;
  onYes: () => void;
  onClose: () => void;
}

/** Asks before a step that nobody can undo. */
export function Confirm({ title, text, yes, onYes, onClose }: ConfirmProps) {
  const confirm = () => {
    onClose();
    onYes();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {strings.cancel}
        </button>
        <button type="button" class="button button-danger" onClick={confirm}>
          {yes}
        </button>
      </div>
    </Dialog>
  );
}
