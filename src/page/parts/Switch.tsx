import { useId } from 'preact/hooks';

interface SwitchProps {
  label: string;
  hint: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Something that is on or off, with a hint what that means. */
export function Switch({ label, hint, isOn, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="checkbox"
        class="switch"
        checked={isOn}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <p id={`${id}-note`} class="field-note">
        {hint}
      </p>
    </div>
  );
}
