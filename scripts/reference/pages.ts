/** A page of the reference: what one module exports. */
export interface ReferencePage {
  /** Where the page is, from the folder of this project. */
  readonly path: string;
  readonly title: string;
  readonly module: string;
  /** The file of the module, from the folder of this project. */
  readonly file: string;
  readonly intro: string;
  /** How an object of a class is called in code, for its headings. */
  readonly instances: Readonly<Record<string, string>>;
  /** What the page leaves out: what nobody calls, or needs. */
  readonly omit: readonly string[];
  /** Whether what functions return are parts of the state of a client. */
  readonly isOfState?: boolean;
  /** Whether its types are made from schemas, which say what needs a sentence. */
  readonly isGenerated?: boolean;
  /** What the page says of a type instead of its members, where another page explains them. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** The names of types of libraries that the page may name. */
  readonly libraries?: readonly string[];
  /** The members of a class by what they are for. A member that is in none is an error. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const guide = `The pages of the [guide](guide/join.md) show how it is used, a task a page: [join](guide/join.md), [ring](guide/ring.md),
[devices](guide/devices.md), [screen](guide/screen.md), [chat](guide/chat.md), [consultation](guide/consultation.md),
[recording](guide/recording.md), [errors](guide/errors.md).`;

const others = `Other modules have pages of their own: [recorder](reference/recorder.md), [React](reference/react.md),
[\`<mesh-call>\`](reference/embed.md), [the library for your server](reference/server.md).`;

export const referencePages: readonly ReferencePage[] = [
  {
    path: 'docs/client.md',
    title: 'The client library: reference',
    module: 'mesh-workspaces/client',
    file: 'src/client/mesh-client.ts',
    intro: `${guide} [package.md](package.md) says how it comes into an application. ${others}`,
    instances: { MeshClient: 'client', LocalMedia: 'client.media', Observable: 'client.state', CommandError: 'error' },
    // Values that the types bring along.
    omit: ['initialState', 'newPeer', 'noInbox', 'new CommandError', 'new LocalMedia', 'new Observable'],
    groups: {
      MeshClient: {
        'State and events': ['state', 'on', 'serverNow', 'close'],
        'A seat in a workspace': ['create', 'attend', 'restore', 'leave', 'rename', 'giveUp'],
        'For the owner': ['admit', 'turnAway', 'setAdmission', 'kick', 'renewInvitation', 'destroy'],
        'The call': ['startCall', 'ring', 'accept', 'decline', 'leaveCall', 'hangup', 'extendCall'],
        'Pictures and sound': ['media', 'showPicture', 'loudness'],
        'Chat and messages': [
          'sendMessage',
          'retryMessage',
          'readMessages',
          'loadEarlierMessages',
          'send',
          'onMessage',
        ],
        'Users and calls between them': [
          'signIn',
          'signOut',
          'dial',
          'invite',
          'cancelInvite',
          'readOlderInbox',
          'markInboxSeen',
        ],
        Consultations: [
          'openConsultation',
          'joinConsultation',
          'closeConsultation',
          'consultations',
          'consultation',
          'consultationMessages',
        ],
        Recordings: ['startRecording', 'stopRecording', 'consent', 'recordings', 'seatProof'],
      },
    },
  },
  {
    path: 'docs/reference/recorder.md',
    title: 'The recorder: reference',
    module: 'mesh-workspaces/recorder',
    file: 'src/recorder/recorder.ts',
    intro:
      'The page [recording](../guide/recording.md) shows how it is used, and [recording.md](../recording.md) what becomes of recordings.',
    instances: { Recorder: 'recorder' },
    omit: [],
    groups: {},
  },
  {
    path: 'docs/reference/react.md',
    title: 'Hooks for React: reference',
    module: 'mesh-workspaces/react',
    file: 'src/react/react.ts',
    isOfState: true,
    libraries: ['ReactNode', 'VideoHTMLAttributes'],
    intro:
      'The page [React](../react.md) shows how they are used. What they return are parts of the [client library](../client.md).',
    instances: {},
    omit: [],
    groups: {},
  },
  {
    path: 'docs/reference/embed.md',
    title: '`<mesh-call>`: reference',
    module: 'mesh-workspaces/embed',
    file: 'src/embed/mesh-call.ts',
    intro: 'The page [a call in a page of yours](../embed.md) shows how it is used.',
    instances: { MeshCall: 'call' },
    omit: [
      'connectedCallback',
      'connectedMoveCallback',
      'disconnectedCallback',
      'attributeChangedCallback',
      'new MeshCallError',
    ],
    groups: {},
  },
  {
    path: 'docs/reference/server.md',
    title: 'The library for your server: reference',
    module: 'mesh-workspaces/server',
    file: 'src/host/mesh-server.ts',
    intro:
      'The page [the library for your server](../server-sdk.md) shows how it is used, and [rest.md](../rest.md) what the REST API does.',
    instances: { MeshServer: 'mesh', Pages: 'list' },
    isGenerated: true,
    elsewhere: {
      WebhookEvent:
        'It has `type`, `timestamp` and `data`: [webhooks.md](../webhooks.md) has all types with their data.',
    },
    omit: ['Operations', 'new MeshServerError', 'new Pages', 'new InvalidWebhook'],
    groups: {},
  },
];
