import { Circle, CircleStop } from 'lucide-preact';
import type { RecordingState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { ControlButton } from '../parts/ControlButton.tsx';
import { strings } from '../strings.ts';

/** Starts a recording, and ends the one that is on. */
export function RecordButton({ recording }: { recording: RecordingState | null }) {
  const client = useClient();
  return (
    <ControlButton
      icon={recording ? CircleStop : Circle}
      label={recording ? strings.recording.stop : strings.recording.start}
      {...(recording ? { tone: 'recording' } : {})}
      onClick={() => void attempt(recording ? client.stopRecording() : client.startRecording())}
    />
  );
}
