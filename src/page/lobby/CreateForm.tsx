import { useRef, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { PinField } from '../parts/PinField.tsx';
import { Switch } from '../parts/Switch.tsx';
import { TextField } from '../parts/TextField.tsx';
import { rememberedName } from '../remembered.ts';
import { strings } from '../strings.ts';
import { FormEnd } from './FormEnd.tsx';
import { useSubmit } from './use-submit.ts';

export function CreateForm({ onJoin }: { onJoin: () => void }) {
  const client = useClient();
  const submission = useSubmit();
  const nameInput = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(rememberedName.get);
  const [workspaceName, setWorkspaceName] = useState('');
  const [pin, setPin] = useState('');
  const [asks, setAsks] = useState(false);
  const [isNameMissing, setNameMissing] = useState(false);

  const create = () => {
    setNameMissing(name.trim() === '');
    if (name.trim() === '') {
      nameInput.current?.focus();
      return;
    }
    rememberedName.set(name.trim());
    void submission.submit(() =>
      client.create({
        workspace: {
          name: workspaceName.trim(),
          ...(pin === '' ? {} : { pin }),
          admission: asks ? 'ask' : 'open',
        },
        attendee: { name: name.trim() },
      }),
    );
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        create();
      }}
    >
      <h1>{strings.lobby.createTitle}</h1>
      <p class="quiet">{strings.lobby.createIntro}</p>
      <TextField
        label={strings.lobby.yourName}
        value={name}
        onValue={setName}
        inputRef={nameInput}
        error={isNameMissing ? strings.lobby.nameMissing : ''}
        input={{ autocomplete: 'name', maxLength: 100 }}
      />
      <TextField
        label={strings.lobby.workspaceName}
        isOptional
        value={workspaceName}
        onValue={setWorkspaceName}
        input={{ placeholder: strings.lobby.workspaceNameExample, maxLength: 100 }}
      />
      <PinField isNew value={pin} onValue={setPin} hint={strings.lobby.pinCreateHint} />
      <Switch label={strings.waitingRoom.title} hint={strings.waitingRoom.createHint} isOn={asks} onChange={setAsks} />
      <FormEnd label={strings.lobby.create} submission={submission} />
      <button type="button" class="link-button" onClick={onJoin}>
        {strings.lobby.toJoin}
      </button>
    </form>
  );
}
