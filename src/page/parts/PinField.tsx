import type { Ref } from 'preact';
import { strings } from '../strings.ts';
import { SecretField } from './SecretField.tsx';

interface PinFieldProps {
  value: string;
  onValue: (value: string) => void;
  inputRef?: Ref<HTMLInputElement>;
  hint: string;
  error?: string;
  /** A new PIN gets a keyboard of digits. A PIN to join with may hold letters. */
  isNew: boolean;
}

/** The PIN, which belongs to the workspace and not to the person. */
export function PinField({ isNew, ...field }: PinFieldProps) {
  return (
    <SecretField
      {...field}
      label={strings.lobby.pin}
      isOptional
      isShownFirst={isNew}
      show={strings.lobby.showPin}
      hide={strings.lobby.hidePin}
      input={{ inputMode: isNew ? 'numeric' : 'text', maxLength: 64 }}
    />
  );
}
