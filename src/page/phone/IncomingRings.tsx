import type { ClientState, IncomingInvite } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { colourId } from '../parts/Avatar.tsx';
import { RingDialog } from '../parts/RingDialog.tsx';
import { strings } from '../strings.ts';
import { titleOf } from '../title-of.ts';
import { useNotification } from '../use-notification.ts';
import { useObservable } from '../use-observable.ts';
import { useRingtone } from '../use-ringtone.ts';
import { accept } from './dial.ts';
import { doNotDisturb } from './do-not-disturb.ts';

/** The calls of users that ring now, on whatever screen the person is. */
export function IncomingRings() {
  const client = useClient();
  const state = useObservable(client.state);
  const { invites } = state;
  const isSilent = useObservable(doNotDisturb);
  const rings = invites.filter(({ ring }) => ring);
  const [first] = rings;
  if (isSilent || !first) return null;
  return (
    <div class="rings">
      {rings.map((invite) => (
        <RingDialog
          key={invite.id}
          caller={{ id: colourId(invite.from), name: invite.from.name }}
          text={textFor(invite, state)}
          onAccept={() => accept(client, invite)}
          onDecline={() => client.decline(invite)}
        />
      ))}
      <Ringing key={first.id} name={first.from.name} text={textFor(first, state)} />
    </div>
  );
}

function textFor({ media, workspace }: IncomingInvite, state: ClientState): string {
  const kind = strings.phone.incoming[media];
  const { seat } = state;
  const leaves = seat !== null && seat.workspace.id !== workspace.id;
  return leaves ? `${kind}. ${strings.phone.leaves(titleOf(state))}` : kind;
}

/** Many calls ring with one sound. */
function Ringing({ name, text }: { name: string; text: string }) {
  const title = strings.call.calling(name);
  useRingtone(title);
  useNotification(title, text);
  return null;
}
