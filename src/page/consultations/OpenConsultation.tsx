import { useRef, useState } from 'preact/hooks';
import { randomId } from '../../client/random-id.ts';
import { isSameName } from '../../client/user-storage.ts';
import { useClient } from '../client-context.ts';
import { FormEnd } from '../lobby/FormEnd.tsx';
import { useSubmit } from '../lobby/use-submit.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Switch } from '../parts/Switch.tsx';
import { TextField } from '../parts/TextField.tsx';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { ClientFields } from './ClientFields.tsx';
import { minutesIn } from './minutes-in.ts';

/** Asks whom the consultation is with and what it is about, opens it, and takes the provider there. */
export function OpenConsultation({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const submission = useSubmit();
  const clientInput = useRef<HTMLInputElement>(null);
  const minutesInput = useRef<HTMLInputElement>(null);
  /**
   * The same for every try, so that there is one consultation also where an answer got lost. By it the provider comes back
   * from another browser.
   */
  const externalId = useRef(`page-${randomId()}`);
  const [subject, setSubject] = useState('');
  const { user } = useObservable(client.state);
  const [clientIds, setClientIds] = useState(['']);
  const [minutes, setMinutes] = useState('');
  const [asks, setAsks] = useState(false);
  const [wrong, setWrong] = useState<'client' | 'self' | 'minutes' | null>(null);
  const words = strings.consultations;

  const open = () => {
    const callMinutes = minutesIn(minutes);
    const ids = clientIds.map((id) => id.trim()).filter((id) => id !== '');
    if (ids.length > 0) setClientIds(ids);
    const isSelf = ids.some((id) => (signInKind() === 'open' ? isSameName(id, user?.id ?? '') : id === user?.id));
    const next = ids.length === 0 ? 'client' : isSelf ? 'self' : callMinutes === null ? 'minutes' : null;
    setWrong(next);
    if (next !== null || callMinutes === null) {
      (next === 'minutes' ? minutesInput : clientInput).current?.focus();
      return;
    }
    void submission.submit(async () => {
      await client.openConsultation({
        subject: subject.trim(),
        clients: ids.map((id) => ({ id })),
        externalId: externalId.current,
        ...(callMinutes === undefined ? {} : { callMinutes }),
        admission: asks ? 'ask' : 'open',
      });
    });
  };

  return (
    <Dialog title={words.open} onClose={onClose}>
      <form
        class="dialog-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          open();
        }}
      >
        <TextField
          label={words.subject}
          isOptional
          value={subject}
          onValue={setSubject}
          input={{ placeholder: words.subjectExample, maxLength: 200 }}
        />
        <ClientFields
          ids={clientIds}
          onIds={setClientIds}
          inputRef={clientInput}
          wrongField={submission.field}
          error={wrong === 'client' ? words.clientMissing : wrong === 'self' ? words.clientIsYou : ''}
        />
        <TextField
          label={words.minutes}
          isOptional
          value={minutes}
          onValue={setMinutes}
          inputRef={minutesInput}
          hint={words.minutesHint}
          error={wrong === 'minutes' ? words.minutesWrong : ''}
          input={{ inputMode: 'decimal', maxLength: 6 }}
        />
        <Switch label={strings.waitingRoom.title} hint={words.askHint} isOn={asks} onChange={setAsks} />
        <FormEnd label={words.openNow} submission={submission} />
      </form>
    </Dialog>
  );
}
