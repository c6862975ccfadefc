import { useEffect, useRef, useState } from 'preact/hooks';
import { isOwnerLink, needsNoPin } from '../../client/invitation.ts';
import { isSameWorkspace } from '../../client/seat-storage.ts';
import { useClient } from '../client-context.ts';
import { tokenIn } from '../invitation.ts';
import { PinField } from '../parts/PinField.tsx';
import { TextField } from '../parts/TextField.tsx';
import { rememberedName } from '../remembered.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { FormEnd } from './FormEnd.tsx';
import { NameField } from './NameField.tsx';
import { useSubmit } from './use-submit.ts';

interface JoinFormProps {
  /** The invitation in the address of the page, or ''. */
  token: string;
  /** The name that the page around this one has for the person, or ''. */
  name: string;
  /** Null where the person is to join, and not to create. */
  onCreate: (() => void) | null;
}

export function JoinForm({ token, name: hostsName, onCreate }: JoinFormProps) {
  const client = useClient();
  const submission = useSubmit();
  const linkInput = useRef<HTMLInputElement>(null);
  const nameInput = useRef<HTMLInputElement>(null);
  const pinInput = useRef<HTMLInputElement>(null);
  const [link, setLink] = useState('');
  const { user } = useObservable(client.state);
  const [ownName, setOwnName] = useState(() => hostsName || (isOwnerLink(token) ? '' : rememberedName.get()));
  const name = user?.name ?? ownName;
  const [pin, setPin] = useState('');
  const [missing, setMissing] = useState<'link' | 'name' | null>(null);
  const isPinWrong = submission.code === 'WRONG_PIN';
  // The server refused the link, so the form asks for another. The field stays while the server checks that one.
  const isLinkBad = submission.code === 'INVALID_TOKEN' || submission.code === 'TOKEN_EXPIRED';
  // The host system may have signed the user in for this very workspace, with a link that needs no PIN.
  const own = user?.workspace?.token ?? '';
  const given = tokenIn(link) || token;
  const invitation = given !== '' && own !== '' && isSameWorkspace(given, own) ? own : given;
  // The owner's place has a name already.
  const isOwners = isOwnerLink(invitation);
  const asksForLink = token === '' || link !== '' || isLinkBad;

  useEffect(() => {
    if (isPinWrong) pinInput.current?.focus();
  }, [isPinWrong]);

  const join = () => {
    const lack = invitation === '' ? 'link' : name.trim() === '' && !isOwners ? 'name' : null;
    setMissing(lack);
    if (lack) {
      (lack === 'link' ? linkInput : nameInput).current?.focus();
      return;
    }
    if (!user && hostsName === '' && name.trim() !== '') rememberedName.set(name.trim());
    void submission.submit(() =>
      client.attend({ token: invitation, attendee: { name: name.trim() }, ...(pin === '' ? {} : { pin }) }),
    );
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        join();
      }}
    >
      <h1>{strings.lobby.joinTitle}</h1>
      <p class="quiet">
        {isOwners
          ? strings.lobby.joinIntroAsOwner
          : asksForLink
            ? strings.lobby.joinIntro
            : user
              ? strings.lobby.joinIntroAsUser
              : strings.lobby.joinIntroWithLink}
      </p>
      {asksForLink && (
        <TextField
          label={strings.lobby.link}
          value={link}
          onValue={setLink}
          inputRef={linkInput}
          error={missing === 'link' ? strings.lobby.linkMissing : ''}
          input={{ inputMode: 'url', autoCapitalize: 'none', spellcheck: false }}
        />
      )}
      <NameField
        name={ownName}
        onName={setOwnName}
        inputRef={nameInput}
        isMissing={missing === 'name'}
        isOwner={isOwners}
      />
      {!needsNoPin(invitation) && (
        <PinField isNew={false} value={pin} onValue={setPin} inputRef={pinInput} hint={strings.lobby.pinJoinHint} />
      )}
      <FormEnd label={strings.lobby.join} submission={submission} />
      {onCreate && (
        <button type="button" class="link-button" onClick={onCreate}>
          {strings.lobby.toCreate}
        </button>
      )}
    </form>
  );
}
