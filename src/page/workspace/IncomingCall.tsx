import type { AttendeeRecord } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { colourId } from '../parts/Avatar.tsx';
import { RingDialog } from '../parts/RingDialog.tsx';
import { strings } from '../strings.ts';
import { useNotification } from '../use-notification.ts';
import { useRingtone } from '../use-ringtone.ts';

interface IncomingCallProps {
  caller: AttendeeRecord;
  workspaceName: string;
}

/** The ring of somebody in the workspace. */
export function IncomingCall({ caller, workspaceName }: IncomingCallProps) {
  const client = useClient();
  const text = strings.call.callingIn(workspaceName);
  const title = strings.call.calling(caller.name);
  useRingtone(title);
  useNotification(title, text);
  return (
    <RingDialog
      caller={{ id: colourId(caller), name: caller.name }}
      text={text}
      onAccept={() => client.accept()}
      onDecline={() => client.decline()}
    />
  );
}
