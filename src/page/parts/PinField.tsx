import { Eye, EyeOff } from 'lucide-preact';
import type { Ref } from 'preact';
import { useState } from 'preact/hooks';
import { strings } from '../strings.ts';
import { TextField } from './TextField.tsx';

interface PinFieldProps {
  value: string;
  onValue: (value: string) => void;
  inputRef?: Ref<HTMLInputElement>;
  hint: string;
  error?: string;
  /** A new PIN gets a keyboard of digits. A PIN to join with may hold letters. */
  isNew: boolean;
}

/** No password field: browsers would offer to store the PIN, which belongs to the workspace and not to the person. */
export function PinField({ isNew, ...field }: PinFieldProps) {
  const [isShown, setShown] = useState(isNew);
  const ShownIcon = isShown ? EyeOff : Eye;
  return (
    <TextField
      {...field}
      label={strings.lobby.pin}
      isOptional
      input={{
        class: isShown ? '' : 'masked',
        inputMode: isNew ? 'numeric' : 'text',
        autoCapitalize: 'none',
        spellcheck: false,
        maxLength: 64,
      }}
    >
      <button
        type="button"
        class="icon-button"
        aria-label={isShown ? strings.lobby.hidePin : strings.lobby.showPin}
        onClick={() => setShown(!isShown)}
      >
        <ShownIcon size={18} />
      </button>
    </TextField>
  );
}
