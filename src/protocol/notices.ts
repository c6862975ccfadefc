import { z } from 'zod';
import {
  admission,
  attendee,
  attendees,
  call,
  chatMessage,
  consultation,
  empty,
  iceCandidate,
  iceServer,
  id,
  inboxItem,
  invite,
  knock,
  newWorkspace,
  nonce,
  recording,
  rev,
  serverNow,
  sessionDescription,
  someAttendee,
  someCall,
  someInvite,
  someKnock,
  someRecording,
  someUser,
  someWorkspace,
  time,
  timedCall,
  waitingPlace,
  workspace,
} from './schemas.ts';

function notice<Payload extends z.ZodType>(about: string, payload: Payload) {
  return { about, payload };
}

const waiting = z.array(knock);
const toggled = z.object({ attendee: someAttendee, state: z.boolean() });

/** All notices of the server: name, receivers and occasion (`about`), payload. */
export const notices = {
  created: notice(
    'The answer to `create`.',
    z.object({ workspace: newWorkspace, attendee, accessToken: z.string(), nonce }),
  ),
  'attendance-granted': notice(
    'The answer to `attend`; and to somebody who waited, once the owner has admitted them. The owner gets `waiting`, the ' +
      'list of those who wait, in their order. `recording` is there while one is on.',
    z.object({
      workspace,
      attendee,
      attendees,
      accessToken: z.string(),
      serverNow,
      waiting: waiting.optional(),
      recording: recording.optional(),
      nonce,
    }),
  ),
  're-attendance-granted': notice(
    'The answer to `re-attend`. `call` is always null, because a client of the first generation would go round in ' +
      'circles; the truth is in `workspace.call`. The owner gets `waiting`, the list of those who wait, in their order. ' +
      '`recording` is there while one is on.',
    z.object({
      workspace,
      attendee,
      attendees,
      accessToken: z.string(),
      serverNow,
      waiting: waiting.optional(),
      recording: recording.optional(),
      nonce,
      call: z.null(),
    }),
  ),
  iceservers: notice(
    'The answer to `iceservers`, and sent right after `created`, `attendance-granted` and `re-attendance-granted`.',
    z.array(iceServer),
  ),
  attendees: notice('The answer to `attendees`.', z.object({ attendees })),
  attend: notice('To the others when somebody joins or comes back.', attendee),
  leave: notice('To the others when a seat ends: left, or away for longer than the grace time.', attendee),
  kicked: notice(
    'To the others, the kicked one included, when the owner removes somebody; to the owner as the answer.',
    z.object({ id, name: z.string() }),
  ),
  destroyed: notice(
    'To the others when the owner closes the workspace; also the answer to a command for a workspace that is gone.',
    empty,
  ),
  invitation: notice(
    'To the others when the owner renewed the invitation; to the owner as the answer. Former ones are worth nothing.',
    z.object({ workspace: z.object({ id, token: z.string(), rev }) }),
  ),
  admission: notice(
    "To the others when the owner changed whether newcomers ask first; to the owner as the answer. 'open': everybody with " +
      "the link and the PIN takes a seat at once; 'ask': they wait until the owner admits them.",
    z.object({ admission }),
  ),
  knock: notice(
    'To the owner: somebody asks to be admitted, or has taken another name meanwhile.',
    z.object({ waiting: knock }),
  ),
  'knock-ended': notice(
    'To the owner: somebody does not wait any more: admitted, turned away, or gone for longer than the grace time.',
    z.object({ waiting: someKnock }),
  ),
  waiting: notice(
    'The answer to `attend` where the owner has to admit newcomers; and to somebody who waits, whenever the place has changed.',
    waitingPlace,
  ),
  'turned-away': notice('To somebody who waited: the owner does not let them in.', empty),
  full: notice('The answer to `attend` when no seat is free.', empty),
  alert: notice('An error, as a sentence, to a client that asked without an ack.', z.string()),
  superseded: notice('To a connection whose seat was taken over by a newer one; the server then closes it.', empty),
  ring: notice(
    'To the callee: somebody rings. A callee that comes back over another connection while it rings gets it again, after the answer ' +
      'and the ICE servers.',
    z.object({ workspace: someWorkspace, caller: attendee, offer: sessionDescription, call, nonce }),
  ),
  answer: notice(
    'To the caller: the callee is on the call.',
    z.object({ workspace: someWorkspace, callee: attendee, answer: sessionDescription, call, nonce }),
  ),
  busy: notice(
    'To the caller: the callee declined or is on another call.',
    z.object({ workspace: someWorkspace, callee: attendee, call }),
  ),
  unanswered: notice(
    'To the caller, and to the callee, when nobody answered in time; to the caller alone when the seat of the callee ends ' +
      'because the callee does not come back.',
    z.object({ callee: someAttendee, call: someCall }),
  ),
  hangup: notice(
    'To the others: the owner ended the call, or (from somebody else) that attendee is off the call. With the reason ' +
      '`time-limit` the time of the call is over: everybody hears it, and the owner counts as its `attendee`.',
    z.object({ attendee, call, reason: z.literal('time-limit').optional() }),
  ),
  'call-joined': notice(
    'To everybody on the call when somebody new is on it; each of them then offers to the newcomer with `negotiation`.',
    z.object({
      attendee: someAttendee,
      call: timedCall,
      participants: z.array(id),
      rev,
      serverNow,
    }),
  ),
  'call-ending': notice(
    'To everybody on the call, so long before its end as `call_warning_seconds` says.',
    z.object({ call: someCall, endsAt: time, serverNow }),
  ),
  'call-extended': notice(
    'To the others on the call when it ends at another time, or (null) has no limit any more; to the owner as the answer.',
    z.object({ call: someCall, endsAt: time.nullable(), serverNow }),
  ),
  'call-left': notice(
    'To the others when somebody is off the call.',
    z.object({ attendee: someAttendee, call: someCall, rev }),
  ),
  presence: notice(
    'To the others when the connection of a seat drops or comes back.',
    z.object({ attendee: someAttendee, connected: z.boolean(), rev }),
  ),
  negotiation: notice(
    'To the target only: an offer or an answer; `attendee` is the SENDER.',
    z.object({
      attendee: someAttendee,
      message: z.object({ type: z.enum(['offer', 'answer']), data: sessionDescription }),
    }),
  ),
  icecandidate: notice(
    'To the target only: an ICE candidate; `attendee` is the target, `broadcaster` the sender.',
    z.object({ attendee: someAttendee, broadcaster: someAttendee, candidate: iceCandidate }),
  ),
  'consultation-closed': notice(
    'To the users of a consultation, on all their connections: it is closed, however that came.',
    z.object({ consultation }),
  ),
  message: notice('To the others: somebody wrote in the chat.', chatMessage),
  invited: notice('To all connections of a user who is invited; one who signs in later gets it in the answer.', invite),
  'invite-ended': notice(
    'To the other connections of the user: the invite is over, and a ring rings no more. To who sent it where somebody ' +
      'else took it back.',
    z.object({
      invite: someInvite,
      reason: z.enum(['accepted', 'declined', 'cancelled', 'unanswered', 'closed']),
    }),
  ),
  'invite-answered': notice(
    'To who sent the invite. `away`: no connection of that user is there; a ring goes on for its time all the same.',
    z.object({
      invite: someInvite,
      user: someUser,
      answer: z.enum(['accepted', 'declined', 'busy', 'unanswered', 'away']),
    }),
  ),
  'inbox-item': notice(
    'To all connections of a user: something new is in the inbox.',
    z.object({ item: inboxItem, unseen: z.number().int() }),
  ),
  'inbox-seen': notice(
    'To the other connections of a user: the items up to there count as seen.',
    z.object({ upTo: z.number().int() }),
  ),
  recording: notice(
    'To everybody, the sender too, when a recording begins (`recording`) or is over (`stopped`): somebody has stopped it, or ' +
      'its call has ended.',
    z.object({ recording: someRecording.extend({ state: z.enum(['recording', 'stopped']) }) }),
  ),
  consent: notice(
    'To the others: an attendee has agreed to be recorded, or does not agree any more.',
    z.object({ attendee: someAttendee, given: z.boolean() }),
  ),
  'mic-toggle': notice('To the others: a microphone went on or off.', toggled),
  'cam-toggle': notice('To the others: a camera went on or off.', toggled),
} as const;
