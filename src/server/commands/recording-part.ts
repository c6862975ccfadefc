import { isRefusal } from '../../protocol/errors.ts';
import { beginPart } from './begin-part.ts';
import type { Handler } from './handler.ts';

export const recordingPart: Handler<'recording-part'> = async ({ services, sender, enter, commits }, input) => {
  const refusal = await enter(sender);
  if (refusal?.refused === 'BUSY_TRY_AGAIN') return refusal;
  const begun = await beginPart(services, commits, sender, input);
  // Where nothing is left to do for a seat that is gone, its client has to know that.
  return isRefusal(begun) ? (refusal ?? begun) : { output: begun };
};
