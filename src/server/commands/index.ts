import type { CommandName } from '../../protocol/types.ts';
import { admission } from './admission.ts';
import { admit } from './admit.ts';
import { answer } from './answer.ts';
import { attend } from './attend.ts';
import { attendees } from './attendees.ts';
import { busy } from './busy.ts';
import { camToggle } from './cam-toggle.ts';
import { cancelInvite } from './cancel-invite.ts';
import { closeConsultation } from './close-consultation.ts';
import { consent } from './consent.ts';
import { consultation } from './consultation.ts';
import { consultations } from './consultations.ts';
import { create } from './create.ts';
import { decline } from './decline.ts';
import { destroy } from './destroy.ts';
import { dial } from './dial.ts';
import { extendCall } from './extend-call.ts';
import { giveUp } from './give-up.ts';
import type { Handler, RelayHandler, RelayName } from './handler.ts';
import { hangup } from './hangup.ts';
import { icecandidate } from './icecandidate.ts';
import { iceservers } from './iceservers.ts';
import { inbox } from './inbox.ts';
import { inboxSeen } from './inbox-seen.ts';
import { invite } from './invite.ts';
import { kick } from './kick.ts';
import { leave } from './leave.ts';
import { leaveCall } from './leave-call.ts';
import { message } from './message.ts';
import { messages } from './messages.ts';
import { micToggle } from './mic-toggle.ts';
import { negotiation } from './negotiation.ts';
import { openConsultation } from './open-consultation.ts';
import { peerState } from './peer-state.ts';
import { reAttend } from './re-attend.ts';
import { recordingPart } from './recording-part.ts';
import { recordings } from './recordings.ts';
import { renewInvitation } from './renew-invitation.ts';
import { ring } from './ring.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { startRecording } from './start-recording.ts';
import { stopRecording } from './stop-recording.ts';
import { turnAway } from './turn-away.ts';

/** Every command of the protocol has its line here, or in `relays`; a missing one does not compile. */
export const handlers: { [Name in Exclude<CommandName, RelayName>]: Handler<Name> } = {
  create,
  attend,
  're-attend': reAttend,
  'sign-in': signIn,
  'sign-out': signOut,
  inbox,
  'inbox-seen': inboxSeen,
  invite,
  'cancel-invite': cancelInvite,
  decline,
  dial,
  attendees,
  leave,
  destroy,
  kick,
  'renew-invitation': renewInvitation,
  admission,
  admit,
  'turn-away': turnAway,
  'give-up': giveUp,
  ring,
  answer,
  busy,
  hangup,
  'leave-call': leaveCall,
  'extend-call': extendCall,
  'open-consultation': openConsultation,
  'close-consultation': closeConsultation,
  consultation,
  consultations,
  message,
  messages,
  'start-recording': startRecording,
  'stop-recording': stopRecording,
  consent,
  'recording-part': recordingPart,
  recordings,
  'mic-toggle': micToggle,
  'cam-toggle': camToggle,
  'peer-state': peerState,
  iceservers,
};

export const relays: { [Name in RelayName]: RelayHandler<Name> } = { negotiation, icecandidate };
