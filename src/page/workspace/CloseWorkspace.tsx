import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { useRecordingsKept } from '../recording/use-recordings-kept.ts';
import { strings } from '../strings.ts';

/** Asks the owner, and closes the workspace. */
export function CloseWorkspace({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const kept = useRecordingsKept();
  const { closeTitle, closeText, closeYes } = strings.workspace;
  return (
    <Confirm
      title={closeTitle}
      text={[closeText, kept].filter(Boolean).join(' ')}
      yes={closeYes}
      onYes={() => void attempt(client.destroy())}
      onClose={onClose}
    />
  );
}
