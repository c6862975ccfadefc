import { useRef, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { PinField } from '../parts/PinField.tsx';
import { Switch } from '../parts/Switch.tsx';
import { TextField } from '../parts/TextField.tsx';
import { rememberedName } from '../remembered.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { FormEnd } from './FormEnd.tsx';
import { NameField } from './NameField.tsx';
import { useSubmit } from './use-submit.ts';

interface CreateFormProps {
  /** The name that the page around this one has for the person, or ''. */
  name: string;
  onJoin: () => void;
}

export function CreateForm({ name: hostsName, onJoin }: CreateFormProps) {
  const client = useClient();
  const submission = useSubmit();
  const nameInput = useRef<HTMLInputElement>(null);
  const { user } = useObservable(client.state);
  const [ownName, setOwnName] = useState(() => hostsName || rememberedName.get());
  const name = user?.name ?? ownName;
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
    if (!user && hostsName === '') rememberedName.set(name.trim());
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
      <NameField name={ownName} onName={setOwnName} inputRef={nameInput} isMissing={isNameMissing} />
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
