import { refuse } from '../../protocol/errors.ts';
import { find } from '../domain/change.ts';
import { mayBeRecorded } from '../domain/recording.ts';
import type { Handler } from './handler.ts';
import { refuseWhereOff } from './recording-access.ts';

const NOT_AGREED = 'You have not agreed to be recorded, so nothing of you is kept.';
const TOO_MANY = 'The recording has as many parts as it may have.';

export const recordingPart: Handler<'recording-part'> = async ({ services, sender, enter, commits }, input) => {
  const refusal = (await enter(sender)) ?? refuseWhereOff(services);
  const { recordings } = services;
  if (refusal || !recordings) return refusal ?? refuse('INTERNAL');
  const workspace = await services.store.get(sender.workspace);
  if (!workspace) return refuse('WORKSPACE_GONE');
  const attendee = find(workspace, sender.attendee);
  if (!attendee) return refuse('NOT_SEATED');
  const { recording } = workspace;
  if (recording?.id !== input.recording.id) return refuse('NO_RECORDING');
  if (!mayBeRecorded(recording, attendee.id)) return refuse('NOT_ALLOWED', {}, NOT_AGREED);
  const now = services.now();
  const part = {
    recordingId: recording.id,
    attendee: attendee.id,
    user: attendee.user,
    name: attendee.name,
    part: input.part,
    mimeType: input.mimeType,
    source: input.source,
    startedAt: Math.min(Math.max(input.startedAt, recording.startedAt), now),
  };
  const begun = await recordings.begin(part);
  // The records hear of a new recording a moment after it is there.
  const upload = begun === 'unknown' ? await commits.recorded().then(() => recordings.begin(part)) : begun;
  switch (upload) {
    case 'unknown':
      return refuse('BUSY_TRY_AGAIN');
    case 'over':
      return refuse('NO_RECORDING');
    case 'full':
      return refuse('NOT_ALLOWED', {}, TOO_MANY);
    default:
      return {
        output: {
          uploadUrl: `uploads/${upload.id}`,
          uploadToken: services.tokens.upload(upload.id, now + recordings.uploadMs),
        },
      };
  }
};
