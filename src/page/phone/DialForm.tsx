import { useRef, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { FormEnd } from '../lobby/FormEnd.tsx';
import { useSubmit } from '../lobby/use-submit.ts';
import { TextField } from '../parts/TextField.tsx';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { dial, type Media } from './dial.ts';
import { MediaChoice } from './MediaChoice.tsx';

interface DialFormProps {
  media: Media;
  onMedia: (media: Media) => void;
}

/** Calls somebody by name, with picture and sound or with sound alone. */
export function DialForm({ media, onMedia }: DialFormProps) {
  const client = useClient();
  const submission = useSubmit();
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [isMissing, setMissing] = useState(false);

  const call = () => {
    const wanted = name.trim();
    setMissing(wanted === '');
    if (wanted === '') input.current?.focus();
    else void submission.submit(() => dial(client, { id: wanted, name: wanted }, media));
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        call();
      }}
    >
      <TextField
        label={strings.phone.call}
        value={name}
        onValue={setName}
        inputRef={input}
        hint={signInKind() === 'open' ? strings.phone.callHint : strings.phone.callHintHost}
        error={isMissing ? strings.phone.callMissing : ''}
        input={{ maxLength: 255, autoCapitalize: 'words', spellcheck: false }}
      />
      <MediaChoice media={media} onChange={onMedia} />
      <FormEnd label={strings.phone.call} submission={submission} />
    </form>
  );
}
