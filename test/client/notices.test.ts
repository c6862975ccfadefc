import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { NoticeName } from '../../src/protocol/types.ts';

/**
 * The files of src/client that hear each notice; none where it is ignored: the commands of the library have acks, so what only
 * answers clients without one never reaches it. A notice that is missing here does not compile.
 */
const heardBy: Record<NoticeName, readonly string[]> = {
  created: [],
  'attendance-granted': ['waiting-keeper'],
  're-attendance-granted': [],
  iceservers: ['mesh-client', 'seat-keeper'],
  attendees: [],
  attend: ['seat-keeper'],
  leave: ['seat-keeper'],
  kicked: ['seat-keeper'],
  destroyed: ['seat-keeper'],
  invitation: ['seat-keeper'],
  admission: ['waiting-keeper'],
  knock: ['waiting-keeper'],
  'knock-ended': ['waiting-keeper'],
  waiting: ['waiting-keeper'],
  'turned-away': ['waiting-keeper'],
  full: [],
  alert: [],
  superseded: ['seat-keeper'],
  ring: ['call-keeper'],
  answer: ['call-keeper'],
  busy: ['call-keeper'],
  unanswered: ['call-keeper'],
  hangup: ['call-keeper'],
  'call-joined': ['call-keeper'],
  'call-left': ['call-keeper'],
  'call-ending': ['call-keeper'],
  'call-extended': ['call-keeper'],
  presence: ['mesh-client'],
  negotiation: ['call-keeper'],
  icecandidate: ['call-keeper'],
  'consultation-closed': ['consultation-keeper'],
  message: ['chat-keeper'],
  invited: ['invite-keeper'],
  'invite-ended': ['invite-keeper', 'phone-keeper'],
  'invite-answered': ['phone-keeper'],
  'inbox-item': ['invite-keeper'],
  'inbox-seen': ['invite-keeper'],
  recording: ['recording-keeper'],
  consent: ['recording-keeper'],
  'mic-toggle': ['seat-keeper'],
  'cam-toggle': ['seat-keeper'],
};

it('The client library hears every notice, but for those that only answer clients without acks', () => {
  const folder = new URL('../../src/client/', import.meta.url);
  const heard: Record<string, string[]> = Object.fromEntries(Object.keys(heardBy).map((name) => [name, []]));
  for (const file of readdirSync(folder).sort()) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, name = ''] of source.matchAll(/ignaling\.on\('([\w-]+)'/g))
      heard[name]?.push(file.replace('.ts', ''));
  }
  expect(heard).toEqual(heardBy);
});
