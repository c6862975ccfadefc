import { startRecording as start } from '../domain/recording.ts';
import { newId } from './arrival.ts';
import type { Handler } from './handler.ts';
import { refuseToRecord } from './recording-access.ts';

export const startRecording: Handler<'start-recording'> = ({ sender: { workspace, attendee }, services, user }) => {
  const id = newId(services.config.settings);
  return {
    workspace,
    decide: (current, now) =>
      refuseToRecord(services, current, { attendee, user }) ?? start(current, { id, startedBy: attendee }, now),
    output: ({ recording }) => ({ recording: { id: recording?.id ?? id } }),
  };
};
