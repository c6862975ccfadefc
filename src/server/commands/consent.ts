import { consent as say } from '../domain/recording.ts';
import { type Handler, nothing } from './handler.ts';
import { refuseWhereOff } from './recording-access.ts';

export const consent: Handler<'consent'> = ({ sender: { workspace, attendee }, services }, input) => {
  const { recording, given, text } = input;
  return {
    workspace,
    decide: (current, now) =>
      refuseWhereOff(services) ?? say(current, { recording: recording.id, attendee, given, text }, now),
    output: nothing,
  };
};
