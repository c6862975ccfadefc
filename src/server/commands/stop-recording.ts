import { stopRecording as stop } from '../domain/recording.ts';
import { type Handler, nothing } from './handler.ts';
import { refuseToRecord } from './recording-access.ts';

export const stopRecording: Handler<'stop-recording'> = ({ sender, services, user }, { recording }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) =>
    refuseToRecord(services, workspace, { attendee: sender.attendee, user }) ?? stop(workspace, recording.id, now),
  output: nothing,
});
