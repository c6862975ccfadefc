import { Eye, EyeOff } from 'lucide-preact';
import type { ComponentProps } from 'preact';
import { useState } from 'preact/hooks';
import { TextField } from './TextField.tsx';

interface SecretFieldProps extends Omit<ComponentProps<typeof TextField>, 'children'> {
  /** The names of the button that shows the text, and hides it. */
  show: string;
  hide: string;
  isShownFirst?: boolean;
}

/** A text that can be masked. No password field: browsers would offer to store it, and it does not belong to the person. */
export function SecretField({ show, hide, isShownFirst = false, input, ...field }: SecretFieldProps) {
  const [isShown, setShown] = useState(isShownFirst);
  const ShownIcon = isShown ? EyeOff : Eye;
  return (
    <TextField
      {...field}
      input={{ ...input, class: isShown ? '' : 'masked', autoCapitalize: 'none', spellcheck: false }}
    >
      <button type="button" class="icon-button" aria-label={isShown ? hide : show} onClick={() => setShown(!isShown)}>
        <ShownIcon size={18} />
      </button>
    </TextField>
  );
}
