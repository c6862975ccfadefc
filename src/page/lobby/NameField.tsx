import type { Ref } from 'preact';
import { useClient } from '../client-context.ts';
import { TextField } from '../parts/TextField.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

interface NameFieldProps {
  name: string;
  onName: (name: string) => void;
  inputRef: Ref<HTMLInputElement>;
  isMissing: boolean;
  /** Whether the link opens the owner's place, which has a name already. */
  isOwner?: boolean;
}

/** Asks a guest for a name. A user has one already, which the page says. */
export function NameField({ name, onName, inputRef, isMissing, isOwner = false }: NameFieldProps) {
  const client = useClient();
  const { user } = useObservable(client.state);
  if (user) return <p>{strings.signIn.as(user.name)}</p>;
  return (
    <TextField
      label={strings.lobby.yourName}
      value={name}
      onValue={onName}
      isOptional={isOwner}
      hint={isOwner ? strings.lobby.nameOwnerHint : ''}
      inputRef={inputRef}
      error={isMissing ? strings.lobby.nameMissing : ''}
      input={{ autocomplete: 'name', maxLength: 100 }}
    />
  );
}
