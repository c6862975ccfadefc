import type { ComponentChildren, InputHTMLAttributes, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { strings } from '../strings.ts';

interface TextFieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  inputRef?: Ref<HTMLInputElement>;
  hint?: string;
  error?: string;
  isOptional?: boolean;
  input?: InputHTMLAttributes<HTMLInputElement>;
  /** Stands at the end of the field. */
  children?: ComponentChildren;
}

/** A labelled field with a hint, or with its error. */
export function TextField({
  label,
  value,
  onValue,
  inputRef,
  hint,
  error,
  isOptional,
  input,
  children,
}: TextFieldProps) {
  const id = useId();
  const note = error || hint;
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {isOptional && <span class="quiet">{strings.lobby.optional}</span>}
      </div>
      <div class="field-box">
        <input
          type="text"
          autocomplete="off"
          {...input}
          id={id}
          ref={inputRef ?? null}
          value={value}
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {children}
      </div>
      {note && (
        <p id={`${id}-note`} class={error ? 'field-note field-error' : 'field-note'}>
          {note}
        </p>
      )}
    </div>
  );
}
