import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { EventData, EventType } from '../../../src/server/domain/events.ts';
import { webhookTypes } from '../../../src/server/records/webhook-types.ts';
import { newSecret, signatureHeaders } from '../../../src/server/webhooks/signature.ts';
import { emptyFolder } from '../../support/built-server.ts';

const guide = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');

const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, text = '']) => text);

/** The examples of the table, by type. */
const examples = new Map(
  [...guide.matchAll(/^\| `([a-z_.]+)` \| .* \| (?:`(\{.*\})`|see above) \|$/gm)].map(([, type = '', json]) => [
    type,
    json === undefined ? null : (JSON.parse(json) as object),
  ]),
);

describe('The guide to webhooks', () => {
  it('has an example of each type that the server sends', () => {
    expect([...examples.keys()].sort()).toEqual([...webhookTypes].sort());
  });

  it('shows the members that events have', () => {
    const attendee = ['id', 'name', 'user'];
    // The compiler holds these against the events.
    const members: { [Type in EventType]: readonly (keyof EventData[Type])[] } = {
      'workspace.created': ['owner'],
      'workspace.closed': ['reason'],
      'attendee.joined': ['attendee'],
      'attendee.left': ['attendee', 'reason'],
      'attendee.kicked': ['attendee'],
      'attendee.waiting': ['waiting'],
      'call.started': ['call', 'startedAt', 'caller'],
      'call.participant_joined': ['call', 'attendee'],
      'call.participant_left': ['call', 'attendee', 'seconds'],
      'call.ending': ['call', 'endsAt'],
      'call.ended': [
        'call',
        'startedAt',
        'connectedAt',
        'endedAt',
        'durationSeconds',
        'billableSeconds',
        'endReason',
        'participants',
        'externalId',
        'metadata',
      ],
      'consultation.opened': ['consultation'],
      'consultation.closed': ['consultation'],
      'recording.started': ['recording', 'call', 'startedAt', 'startedBy'],
      'recording.consent': ['recording', 'attendee', 'given', 'text'],
      'recording.stopped': ['recording', 'call', 'startedAt', 'stoppedAt'],
      'call.missed': ['call', 'attendee', 'user', 'from', 'media', 'reason'],
    };
    const [ended = ''] = blocks('json');
    const { data } = JSON.parse(ended);
    expect(Object.keys(data)).toEqual(['id', 'workspace', 'seq', ...members['call.ended']]);
    for (const [type, keys] of Object.entries(members)) {
      const example = examples.get(type);
      if (example) expect([type, Object.keys(example)]).toEqual([type, keys]);
    }
    for (const named of ['owner', 'waiting'] as const) {
      const [example] = [...examples.values()].filter((each) => each !== null && named in each);
      expect(Object.keys((example as Record<string, object>)[named] ?? {})).toEqual(attendee);
    }
  });

  it('verifies signatures without a package as it says', async () => {
    const [, text = ''] = blocks('js');
    const file = join(await emptyFolder(), 'verify.mjs');
    await writeFile(file, text);
    const { isGenuine } = await import(pathToFileURL(file).href);
    const [secret, other] = [newSecret(), newSecret()];
    const message = { id: 'evt_a_1', sentAt: Date.now(), body: '{"name":"Zoë 李"}' };
    const headers = signatureHeaders(message, [other, secret]);
    expect(isGenuine(headers, message.body, secret)).toBe(true);
    expect(isGenuine(headers, message.body, other)).toBe(true);
    expect(isGenuine(headers, `${message.body} `, secret)).toBe(false);
    expect(isGenuine(headers, message.body, newSecret())).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-timestamp': 'soon' }, message.body, secret)).toBe(false);
    const old = signatureHeaders({ ...message, sentAt: Date.now() - 301_000 }, [secret]);
    expect(isGenuine(old, message.body, secret)).toBe(false);
  });
});
