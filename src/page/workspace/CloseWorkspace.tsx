import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { useRecordingsLost } from '../recording/use-recordings-lost.ts';
import { strings } from '../strings.ts';

/** Asks the owner, and closes the workspace. */
export function CloseWorkspace({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const lost = useRecordingsLost();
  const { closeTitle, closeText, closeYes } = strings.workspace;
  return (
    <Confirm
      title={closeTitle}
      text={[closeText, lost].filter(Boolean).join(' ')}
      yes={closeYes}
      onYes={() => void attempt(client.destroy())}
      onClose={onClose}
    />
  );
}
