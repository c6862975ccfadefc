import type { IncomingInvite, SeatState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { RingDialog } from '../parts/RingDialog.tsx';
import { strings } from '../strings.ts';
import { useNotification } from '../use-notification.ts';
import { useObservable } from '../use-observable.ts';
import { useRingtone } from '../use-ringtone.ts';
import { accept } from './dial.ts';
import { doNotDisturb } from './do-not-disturb.ts';

/** The calls of users that ring now, on whatever screen the person is. */
export function IncomingRings() {
  const client = useClient();
  const { invites, seat } = useObservable(client.state);
  const isSilent = useObservable(doNotDisturb);
  const rings = invites.filter(({ ring }) => ring);
  const [first] = rings;
  if (isSilent || !first) return null;
  return (
    <div class="rings">
      {rings.map((invite) => (
        <RingDialog
          key={invite.id}
          caller={{ id: invite.from.user?.id ?? invite.from.id, name: invite.from.name }}
          text={textFor(invite, seat)}
          onAccept={() => accept(client, invite)}
          onDecline={() => client.decline(invite)}
        />
      ))}
      <Ringing key={first.id} name={first.from.name} text={textFor(first, seat)} />
    </div>
  );
}

function textFor({ media, workspace }: IncomingInvite, seat: SeatState | null): string {
  const kind = strings.phone.incoming[media];
  const leaves = seat !== null && seat.workspace.id !== workspace.id;
  return leaves ? `${kind}. ${strings.phone.leaves(seat.workspace.name)}` : kind;
}

/** Many calls ring with one sound. */
function Ringing({ name, text }: { name: string; text: string }) {
  const title = strings.call.calling(name);
  useRingtone(title);
  useNotification(title, text);
  return null;
}
