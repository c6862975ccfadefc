import type { MediaProblem } from '../../client/device.ts';
import type { ClientErrorCode } from '../../client/errors.ts';
import type { EndReason, FailureReason, InviteRecord, OutgoingAnswer, ServerConnection } from '../../client/state.ts';
import type { RecordingProblemCode } from '../../recorder/recorder.ts';
import type { Answer } from '../recording/answers.ts';
import type { ListedRecording } from '../recording/listed-recording.ts';
import type { Screen } from '../screen.ts';
import { grammarOf } from './grammar.ts';

const { plural, minutes, seconds, inTime, bytes } = grammarOf('en');

const duration = (count: number) => (count < 60 ? seconds(count) : minutes(Math.round(count / 60)));

/** The rest of a sentence that says what something is about, if anybody said. */
const after = (subject: string) => (subject === '' ? '' : `: ${subject}`);

/** All texts that people read or hear on this page. */
export const english = {
  product: 'mesh-workspaces',
  comingBack: 'Coming back…',
  serverUnreachable: 'The server cannot be reached right now. Trying again…',
  tryAgain: 'Try again',
  close: 'Close',
  cancel: 'Cancel',
  loading: 'Loading…',
  language: 'Language',
  languageAway: 'That language could not be loaded. Check your connection, reload the page and try again.',

  lobby: {
    claim: 'Calls from browser to browser, in a workspace of your own.',
    createTitle: 'Create a workspace',
    createIntro: 'You get a link to share. Whoever has it can take a seat, and you start the call.',
    joinTitle: 'Join a workspace',
    joinIntroWithLink: 'Your link is right here. Say who you are, and take your seat.',
    joinIntroAsUser: 'Your link is right here. Take your seat.',
    joinIntroAsOwner: 'This link opens the owner’s place, which is yours. There is nothing to fill in.',
    nameOwnerHint: 'Leave it empty to keep the name that you have there.',
    joinIntro: 'Paste the link that you were sent.',
    yourName: 'Your name',
    nameMissing: 'Please enter your name, so that the others know who you are.',
    workspaceName: 'Workspace name',
    workspaceNameExample: 'Consultation',
    pin: 'PIN',
    optional: 'optional',
    pinCreateHint: 'Tell it to the others separately, not together with the link.',
    pinJoinHint: 'Only if you were given one.',
    showPin: 'Show digits',
    hidePin: 'Hide digits',
    link: 'Link',
    linkMissing: 'Please paste the link. It ends with # and a long row of letters.',
    create: 'Create workspace',
    join: 'Join',
    toJoin: 'I was sent a link',
    toCreate: 'Create your own instead',
    wait: (left: number) => `Possible again in ${left} s`,
    left: (workspace: string) => `You left ${workspace}.`,
  },

  screens: {
    label: 'Pages',
    lobby: 'Workspaces',
    phone: 'Phone',
    consultations: 'Consultations',
    inbox: 'Inbox',
  } satisfies Record<Screen | 'label', string>,

  signIn: {
    title: 'Sign in',
    signIn: 'Sign in',
    signOut: 'Sign out',
    as: (name: string) => `Signed in as ${name}`,
    nameHint: 'The name is yours while you are here, and for some minutes afterwards.',
    nameMissing: 'Please enter your name.',
    byHost: 'Open this page from the site where you have your account: it signs you in.',
    nobody: 'Nobody can sign in on this server.',
    invalid:
      'The link did not sign you in, because it is broken. Open this page again from the site where you have your account.',
    expired: 'Your sign-in has expired. Open this page again from the site where you have your account.',
  },

  phone: {
    title: 'Phone',
    signInFor: 'Then others can call you by your name, and you can call them.',
    none: 'There is no phone here',
    noneText: 'Nobody can sign in on this server, so people meet in workspaces instead.',
    call: 'Call',
    callHint: 'The name of the person whom you want to call.',
    callHintHost: 'The user name of the person whom you want to call.',
    callMissing: 'Please enter a name.',
    kind: 'Kind of the call',
    kinds: { video: 'With picture', audio: 'Sound only' } satisfies Record<InviteRecord['media'], string>,
    callName: (name: string) => `Call ${name}`,
    ringing: 'Ringing…',
    away: (name: string) => `${name} is away. It rings as soon as ${name} is back.`,
    connecting: 'Connecting…',
    offline: 'The connection with the server is lost. Reconnecting…',
    over: 'The call is over.',
    hangUp: 'Hang up',
    ended: (name: string) => `The call with ${name} is over.`,
    recorded: {
      here: 'Its recording is under “Recent calls”.',
      there: 'The caller and the operator of this server have its recording.',
    },
    /** What became of a call that came to nothing. */
    outcomes: {
      declined: (name) => `${name} declined the call.`,
      busy: (name) => `${name} is busy. Try again later.`,
      unanswered: (name) => `${name} did not answer.`,
      cancelled: (name) => `You cancelled the call to ${name}.`,
      over: (name) => `Your connection was lost, and the call to ${name} ended meanwhile. You can call again.`,
    } satisfies Record<Exclude<OutgoingAnswer, 'away' | 'accepted'>, (name: string) => string>,
    incoming: { video: 'Call with picture', audio: 'Call with sound only' } satisfies Record<
      InviteRecord['media'],
      string
    >,
    leaves: (workspace: string) => `If you accept, you leave ${workspace}.`,
    answeredElsewhere: (name: string) => `The call from ${name} was answered on another device.`,
    declinedElsewhere: (name: string) => `The call from ${name} was declined on another device.`,
    missed: (name: string) => `You missed a call from ${name}.`,
    recent: 'Recent calls',
    recentEmpty: 'Calls that you make, answer or miss are listed here.',
    /** Calls that the person made. */
    made: {
      accepted: 'You called',
      declined: 'Declined',
      busy: 'Busy',
      unanswered: 'No answer',
      cancelled: 'Cancelled',
      over: 'No connection',
    } satisfies Record<Exclude<OutgoingAnswer, 'away'>, string>,
    /** Calls that the person got. */
    got: {
      accepted: 'Called you',
      declined: 'You declined',
      missed: 'Missed call',
      elsewhere: 'Answered on another device',
    },
    choices: 'How calls come in',
    doNotDisturb: 'Do not disturb',
    doNotDisturbHint:
      'Calls stay silent in this browser. Callers hear that nobody answers, and you find their calls here.',
    notifications: {
      ask: 'Notify me of calls',
      allowed: 'Your browser shows calls while this page is hidden.',
      refused:
        'Your browser shows no calls while this page is hidden, because notifications are not allowed. Choose the icon beside the address of this page to allow them.',
    },
  },

  waitingRoom: {
    title: 'Waiting room',
    intro: (workspace: string) =>
      `You asked to join ${workspace}. Its owner lets you in; you need not do anything until then.`,
    next: 'You are next.',
    before: (people: number) => plural(people, { one: '# person is before you.', other: '# people are before you.' }),
    check: 'Meanwhile you can check your camera and microphone. Nobody sees or hears you yet.',
    offline: 'The connection with the server is lost. Reconnecting; your place is kept for a while.',
    giveUp: 'Give up',
    createHint: 'Whoever opens the link waits until you admit them.',
    ask: 'Admit newcomers one by one',
    askHint: 'Whoever opens the link waits here until you admit them.',
    admit: 'Admit',
    admitName: (name: string) => `Admit ${name}`,
    turnAway: (name: string) => `Turn ${name} away`,
    admitAll: 'Admit all',
    since: (count: number) => (count === 0 ? 'Just came' : `Has been waiting for ${minutes(count)}`),
    andOthers: (others: number) => plural(others, { one: 'So is # other person.', other: 'So are # others.' }),
    count: (people: number) => plural(people, { one: 'People, # is waiting', other: 'People, # are waiting' }),
  },

  media: {
    preview: 'Preview of your camera',
    you: 'You',
    opening: 'If your browser asks, allow camera and microphone.',
    cameraIsOff: 'Your camera is off',
    microphone: 'Microphone',
    camera: 'Camera',
    noMicrophone: 'No microphone',
    noCamera: 'No camera',
    unnamedDevice: (number: number) => `Device ${number}`,
    level: 'Speak, and the bar moves.',
    mute: 'Mute',
    unmute: 'Unmute',
    cameraOff: 'Camera off',
    cameraOn: 'Camera on',
    shareScreen: 'Share screen',
    stopSharing: 'Stop sharing',
    devices: 'Devices',
    soundBlocked: 'Turn on sound',
    problems: {
      'permission-denied': {
        title: 'Camera and microphone are not allowed',
        help: 'Choose the icon beside the address of this page, allow camera and microphone, then try again. You can also go on without; the others see your name.',
      },
      'no-device': {
        title: 'A camera or a microphone is missing',
        help: 'Plug one in and try again. You can also go on without; the others see your name.',
      },
      'device-busy': {
        title: 'Another program uses the camera or the microphone',
        help: 'Close other programs that make calls, then try again.',
      },
      'insecure-page': {
        title: 'Browsers give no camera to this address',
        help: 'Open this page with https:// at the beginning of its address.',
      },
    } satisfies Record<MediaProblem, { title: string; help: string }>,
  },

  server: {
    connecting: 'Connecting…',
    connected: 'Connected',
    reconnecting: 'Reconnecting…',
    closed: 'Not connected',
  } satisfies Record<ServerConnection, string>,
  serverLabel: (state: string) => `Server: ${state}`,
  serverLost: 'The connection with the server is lost. Your call goes on while we reconnect.',
  serverLostNoCall: 'The connection with the server is lost. Reconnecting; your seat is kept for a while.',

  workspace: {
    people: 'People',
    showPeople: 'People and invitation',
    invitation: 'Invitation',
    link: 'Link',
    copyLink: 'Copy link',
    copy: 'Copy',
    copied: 'Copied',
    linkCopied: 'The link is copied.',
    linkNotCopied: 'The browser did not let us copy. The link is selected; copy it yourself.',
    renewLink: 'New link',
    renewTitle: 'Make a new link?',
    renewText:
      'Nobody can join with the former link any more. Whoever is here stays. Send the new link to those who are still to come. It also lets people in again whom you have removed.',
    renewYes: 'Yes, a new link',
    linkRenewed: 'There is a new link. The former one is worth nothing any more.',
    linkHint: 'Whoever has this link can take a seat. If there is a PIN, tell it separately.',
    linkHintAsk: 'Whoever has this link can ask to be admitted. If there is a PIN, tell it separately.',
    qr: 'QR code',
    qrTitle: 'Scan to join',
    qrHint: 'Point the camera of a phone at it.',
    qrImage: 'QR code of the link',
    you: 'you',
    owner: 'Owner',
    ring: (name: string) => `Ring ${name}`,
    remove: (name: string) => `Remove ${name}`,
    removeTitle: (name: string) => `Remove ${name} from the workspace?`,
    removeGuestText: (name: string) =>
      `The seat is free at once. ${name} is a guest, who can come back with the link. If you renew it, nobody can join with the former one; everybody else who is here stays.`,
    removeUserText: (name: string) =>
      `The seat is free at once, and ${name} stays out until you make a new link later. If you renew the link now, ${name} stays out too, but people whom you removed before can come in again with the new one.`,
    removeYes: 'Yes, remove',
    removeAndRenew: 'Remove and renew the link',
    leave: 'Leave workspace',
    closeWorkspace: 'Close workspace',
    closeTitle: 'Close the workspace for everybody?',
    closeText: 'Everybody is sent away, and the link is worth nothing any more.',
    closeYes: 'Yes, close it',
  },

  call: {
    stage: 'Everybody in the workspace',
    controls: 'Controls',
    time: 'Time of the call',
    timeLeft: 'Time left',
    left: (time: string) => `${time} left`,
    moreTime: 'Does the call need more time?',
    timeUsedUp: 'The time for calls is used up. Add some, then start the call.',
    timeAdded: (count: number) => `${minutes(count)} were added for calls.`,
    addTime: (count: number) => `Add ${minutes(count)}`,
    start: 'Start call',
    leave: 'Leave call',
    end: 'End call',
    accept: 'Accept',
    decline: 'Decline',
    calling: (name: string) => `${name} is calling`,
    callingIn: (workspace: string) => `Call in ${workspace}`,
    noteAlone: 'Nobody else is here yet. Send the link to those you want to meet.',
    noteTold: (names: string, count: number) =>
      `Nobody else is here yet. ${names} ${plural(count, { one: 'is', other: 'are' })} told at once, or at the next sign-in.`,
    noteKnocks: (people: number) =>
      plural(people, { one: '# person is waiting to be admitted.', other: '# people are waiting to be admitted.' }),
    noteReady: (others: number) =>
      plural(others, {
        one: 'One other person is here. Start the call when you are ready.',
        other: '# others are here. Start the call when you are ready.',
      }),
    noteWaiting: (owner: string) => `You have your seat. ${owner} starts the call.`,
    noteOwnerAway: 'You have your seat. The owner is away just now.',
    noteWithout: (owner: string) => `The call goes on without you. ${owner} can ring you again.`,
    noteWithoutOwner: 'The call goes on without you.',
    ringing: 'Ringing…',
    ringingAway: 'Away. Rings on coming back.',
    onCall: 'On the call',
    notOnCall: 'Not on the call',
    here: 'Here',
    away: 'Away',
    declined: 'Declined',
    unanswered: 'Missed the call',
    muted: 'Muted',
    sharing: 'Shares the screen',
    connecting: 'Connecting…',
    reconnecting: 'Unstable. Trying again…',
    failed: 'No connection. Trying again…',
    leftOut: (kinds: readonly string[]) => `This server leaves out some of your addresses: ${kinds.join(', ')}.`,
    deviceBusy: 'Pictures are small because this device is busy.',
  },

  chat: {
    title: 'Chat',
    messages: 'Messages',
    message: 'Message',
    placeholder: 'Write a message',
    send: 'Send',
    you: 'You',
    earlier: 'Earlier messages',
    empty: 'Nobody has written yet. Everybody in the workspace reads what you write, also those who come later.',
    unavailable: 'This server keeps no chat.',
    sending: 'Sending…',
    failed: 'This message was not sent.',
    unread: (count: number) => plural(count, { one: 'Chat, # new message', other: 'Chat, # new messages' }),
    from: (name: string) => `${name} wrote a message.`,
  },

  consultations: {
    title: 'Consultations',
    signInFor: 'Then you find your consultations here, those that are open and what was written in former ones.',
    open: 'Open a consultation',
    openNow: 'Open consultation',
    empty: 'Nobody has opened a consultation with you yet. You are told at once when somebody does.',
    emptyProvider: 'There is no consultation yet. Open one: your client is told at once, or at the next sign-in.',
    openOnes: 'Open',
    closedOnes: 'Closed',
    older: 'Older consultations',
    untitled: 'Consultation',
    withName: (names: string) => `Consultation with ${names}`,
    since: (time: string) => `since ${time}`,
    closed: (time: string) => `closed ${time}`,
    lasted: (count: number) => `${duration(count)} on calls`,
    noCall: 'no call',
    join: 'Join',
    history: 'History',
    close: 'Close consultation',
    closeTitle: (subject: string) => `Close “${subject}”?`,
    closeText:
      'A call that is on ends, and everybody is sent away. Everybody in it can still read the chat and the times.',
    closeYes: 'Yes, close it',
    subject: 'Subject',
    subjectExample: 'Check-up of the knee',
    client: 'Client',
    clientNumber: (number: number) => `Client ${number}`,
    addClient: 'Add another client',
    removeClient: (number: number) => `Remove client ${number}`,
    clientHint: 'The name with which your client signs in here.',
    clientHintHost: 'The id of your client in the system where you have your account.',
    clientIsYou: 'You are the provider of this consultation. Enter somebody else.',
    clientMissing: 'Please enter whom the consultation is with.',
    minutes: 'Minutes for calls',
    minutesHint: 'All calls of the consultation together. Without a number there is no limit.',
    minutesWrong: 'Please enter a number of minutes, at most 1,440, or nothing.',
    askHint: 'Others who open the link wait until you admit them. Your client need not.',
    with: 'With',
    openedAt: 'Opened',
    closedAt: 'Closed',
    calls: 'Calls',
    duration,
    nothingWritten: 'Nobody wrote anything.',
  },

  /** Invites that do not ring. */
  invites: {
    /** @param subject '' where the consultation has none */
    consultation: (name: string, subject: string) => `${name} has opened a consultation with you${after(subject)}`,
    invited: (name: string, workspace: string) => `${name} invites you to ${workspace}`,
    join: 'Join',
    leavesCall: 'You leave the call that you are on.',
    more: (count: number) => plural(count, { one: '# further invitation', other: '# further invitations' }),
  },

  inbox: {
    title: 'Inbox',
    signInFor: 'Then you find here what you missed.',
    empty: 'You missed nothing.',
    missedCall: (name: string) => `You missed a call from ${name}`,
    opened: (name: string, subject: string) => `${name} has opened a consultation with you${after(subject)}`,
    closed: (name: string, subject: string) =>
      subject === '' ? `The consultation with ${name} was closed` : `The consultation was closed: ${subject}`,
    somebody: 'Somebody',
    callBack: 'Call back',
    isNew: 'New',
    older: 'Older items',
    unseen: (count: number) => plural(count, { one: 'Inbox, # new item', other: 'Inbox, # new items' }),
  },

  recording: {
    start: 'Record',
    stop: 'Stop recording',
    isOn: 'Recording',
    details: 'About the recording',
    /** A text that changes has another version, which goes to the server with the answer; docs/recording.md has the texts. */
    consent: {
      version: 'en-1',
      title: 'May this browser record you?',
      text: [
        'This call is being recorded. If you agree, this browser records your microphone and your camera, and your screen while you share it, and sends that to this server. The owner of the workspace and whoever runs this server can see and hear it.',
        'You can withdraw under “Recording” at any time, and the recording of you stops at once. What was recorded until then is kept.',
        'If you do not agree, you stay on the call, and this browser records nothing.',
      ],
    },
    agree: 'Agree',
    decline: 'Do not agree',
    withdraw: 'Stop recording me',
    selfRecorded: 'You are being recorded.',
    selfAgreed: 'You agreed to be recorded. At the moment this browser records nothing.',
    selfNot: 'You are not recorded.',
    answers: {
      agreed: 'Agreed',
      declined: 'Did not agree',
      unanswered: 'Not answered yet',
    } satisfies Record<Answer, string>,
    /** Of one attendee. */
    answerOf: {
      agreed: 'Agreed to be recorded',
      declined: 'Does not agree to be recorded',
      unanswered: 'Asked about being recorded',
    } satisfies Record<Answer, string>,
    events: {
      started: 'This call is being recorded.',
      ended: 'The recording has ended.',
      agrees: (name: string) => `${name} agrees to be recorded.`,
      declines: (name: string) => `${name} does not agree to be recorded.`,
    },
    upload: {
      progress: 'Uploaded of the recording',
      left: (left: number, of: number) => `${bytes(left)} of ${bytes(of)} left.`,
      all: (of: number) => `${bytes(of)}, all of it on the server.`,
      givesWay: 'The upload gives way to the call.',
      sentences: {
        uploading: 'The recording is being uploaded. Please do not close this page yet.',
        waiting: 'The recording waits to be uploaded. Please do not close this page yet.',
        earlier: 'What this browser recorded on an earlier visit is being uploaded.',
        done: 'The recording is uploaded.',
      },
      mayClose: 'You may close this page.',
    },
    list: {
      title: 'Recordings',
      titleOf: (what: string) => `Recordings: ${what}`,
      empty: 'Nothing has been recorded in this workspace yet.',
      nobody: 'Nobody was recorded.',
      states: {
        recording: 'going on',
        uploading: 'still being uploaded',
        completed: 'complete',
        partly: 'not complete',
        failed: 'nothing arrived',
      } satisfies Record<ListedRecording['state'], string>,
      sources: { camera: 'Camera and microphone', microphone: 'Microphone', screen: 'Screen' },
      partStates: {
        uploading: 'being uploaded',
        complete: 'complete',
        partial: 'not complete',
        lost: 'did not arrive',
        erased: 'erased',
      } satisfies Record<ListedRecording['parts'][number]['state'], string>,
      film: 'Everybody in one film',
      filmStates: {
        waiting: 'waits to be made',
        composing: 'being made',
        complete: 'complete',
        failed: 'could not be made',
      } satisfies Record<NonNullable<ListedRecording['film']>['state'], string>,
      from: (time: string) => `from ${time}`,
      size: bytes,
      download: 'Download',
      cancel: 'Stop',
      progress: 'Downloaded',
      failed: (file: string) => `“${file}” could not be downloaded. Check your connection and try again.`,
      waitsFor: (names: string) => `Not all has arrived yet from: ${names}.`,
      finish: 'Finish without what is missing',
      finishTitle: 'Finish without what is missing?',
      finishText: (names: string) =>
        `The recording is finished with what has arrived so far. The rest cannot be uploaded any more, from: ${names}.`,
      finishFailed: 'The recording still waits for what is missing. Check your connection and try again.',
    },
    /** Of recordings, to an owner who is about to close their workspace. */
    kept: {
      byUser: 'You can download the recordings afterwards too.',
      byGuest: 'You can download the recordings afterwards too, in this browser and for some days.',
    },
    missing: 'What records on this page could not be loaded, so nothing of you is recorded. Reload the page.',
    problems: {
      'no-recorder': 'This browser cannot record. Another browser can.',
      'no-codec': 'This browser records in no format that the server takes. Another browser can.',
      'recorder-failed': 'The browser stopped recording you. It begins again by itself.',
      'no-storage':
        'The browser keeps nothing for this page. Do not reload or close it: the rest of the recording would be lost.',
      'storage-full': 'The storage of this device is full. The recording of you goes on as soon as there is room.',
      'server-full':
        'The server has no room for the recording. It stays on this device, and is uploaded when there is room.',
      'server-away': 'The server cannot be reached. The recording stays on this device, and is uploaded later.',
      refused: 'The server did not take a part of the recording.',
      unsent: 'A part of the recording cannot be uploaded: the server does not take it any more.',
    } satisfies Record<RecordingProblemCode, string>,
  },

  connection: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Weak connection',
    connected: 'Connected',
    direct: 'direct',
    relay: 'through a relay',
    roundTrip: (ms: number) => `${ms} ms`,
  },

  /** Why a participant is unreachable, and the remedy. */
  failures: {
    'answer-timeout': (name) => `${name}’s browser did not answer. Ask them to reload the page.`,
    'peer-gone': (name) => `${name} lost the connection with the server. Waiting for them to come back.`,
    'no-relay-candidates': (name) => `${name} cannot be reached: this server offers no relay, and one is needed here.`,
    'turn-unauthorized': (name) =>
      `${name} cannot be reached: the relay refused us. Whoever runs the server must check its credentials.`,
    'turn-unreachable': (name) =>
      `${name} cannot be reached: no relay answers. A firewall may be in the way; try another network.`,
    'udp-blocked': (name) => `${name} cannot be reached: your network seems to block calls. Try another network.`,
    'no-route': (name) => `${name} cannot be reached: there is no way between your networks. Try another network.`,
  } satisfies Record<FailureReason, (name: string) => string>,

  events: {
    attend: (name: string) => `${name} is here.`,
    leave: (name: string) => `${name} left.`,
    kicked: (name: string) => `${name} was removed.`,
    busy: (name: string) => `${name} declined.`,
    unanswered: (name: string) => `${name} missed the call.`,
    joined: (name: string) => `${name} is on the call.`,
    callLeft: (name: string) => `${name} left the call.`,
    hangup: 'The call has ended.',
    ending: (left: number) => `The call ends in ${inTime(left)}.`,
    extended: (left: number) => `The call was extended. It ends in ${inTime(left)}.`,
    shortened: (left: number) => `The call ends earlier than before, in ${inTime(left)}.`,
    limited: (left: number) => `The call has a limit now. It ends in ${inTime(left)}.`,
    unlimited: 'The call was extended. It has no limit any more.',
    timeOver: 'The time was over, and the call has ended.',
    knock: (name: string) => `${name} is waiting to be admitted.`,
  },

  ended: {
    kicked: {
      title: 'You were removed',
      text: (workspace: string) => `The owner removed you from ${workspace}.`,
      action: 'Back to the start',
    },
    destroyed: {
      title: 'The workspace is closed',
      text: (workspace: string) => `${workspace} was closed by its owner. Its link is worth nothing any more.`,
      action: 'Back to the start',
    },
    'seat-lost': {
      title: 'Your seat is gone',
      text: (workspace: string) => `You were away from ${workspace} for too long. You can join it again.`,
      action: 'Join again',
    },
    superseded: {
      title: 'Opened in another tab',
      text: (workspace: string) => `You have ${workspace} open in another tab or window. Only one can be used.`,
      action: 'Use it here',
    },
    'turned-away': {
      title: 'You were not admitted',
      text: (workspace: string) => `The owner of ${workspace} did not let you in.`,
      action: 'Back to the start',
    },
    'place-lost': {
      title: 'Your place in the waiting room is gone',
      text: (workspace: string) => `Your connection with ${workspace} was lost for too long. You can ask again.`,
      action: 'Join again',
    },
  } satisfies Record<
    Exclude<EndReason, 'left'>,
    { title: string; text: (workspace: string) => string; action: string }
  >,
  consultationEnded: {
    title: 'The consultation is closed',
    text: (subject: string) => `${subject} is closed. You can still read what was written, and when it took place.`,
    action: 'To the consultations',
  },
  thisWorkspace: 'the workspace',
  seatNotRestored: 'Your seat could not be taken again. Join once more.',

  /** Errors that the page explains better than the server, whose sentences must help nobody who guesses. */
  errors: {
    INVALID_TOKEN: 'This link is broken. Check that it was copied whole, or ask the owner for a new one.',
    TOKEN_EXPIRED: 'This link has expired. Ask the owner for a new one.',
    WRONG_PIN: 'The PIN is not right, or is missing. Check it and try again.',
    FULL: 'Every seat is taken. Try again when somebody has left.',
    WORKSPACE_GONE: 'This workspace does not exist any more. Ask its owner for a new link.',
  } as Partial<Record<ClientErrorCode, string>>,
  lockedOut: (left: number) => `There were too many wrong PINs. You can try again in ${seconds(left)}.`,
  unexpected: 'Something went wrong on this page. Reload it and try again.',
};

export type Words = typeof english;

/** The words of another language. It has a sentence for every error, because the server speaks English. */
export type Translation = Words & { errors: Record<ClientErrorCode, string> };
