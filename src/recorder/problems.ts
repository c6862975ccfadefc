/** The sentences for people, by the code of the problem. */
const sentences = {
  'no-recorder': 'This browser cannot record. Another browser can.',
  'no-codec': 'This browser records in no format that the server takes. Another browser can.',
  'recorder-failed': 'The browser stopped recording. It begins again by itself.',
  'no-storage': 'The browser keeps nothing for this page, so a reload would lose what is not sent yet.',
  'storage-full': 'The storage of this device is full. The recording goes on as soon as there is room.',
  'server-full': 'The server has no room for the recording. It stays on this device, and is sent when there is room.',
  'server-away': 'The server cannot be reached. The recording stays on this device, and is sent later.',
  refused: 'The server did not take a part of the recording.',
  unsent: 'A part of the recording cannot be sent: the server does not take it any more.',
} as const;

/** What can go wrong with a recording; each has a sentence for people. */
export type RecordingProblemCode = keyof typeof sentences;

/** What is wrong with the recording: `code` is for programs, `message` is a sentence for people. */
export interface RecordingProblem {
  readonly code: RecordingProblemCode;
  readonly message: string;
}

export function problem(code: RecordingProblemCode): RecordingProblem {
  return { code, message: sentences[code] };
}
