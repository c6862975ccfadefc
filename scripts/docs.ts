/**
 * Writes what follows from the code: PROTOCOL.md, the tables in docs/settings.md and docs/rest.md, the operations of
 * mesh-workspaces/server, and the reference of the libraries. A test fails when the files differ from the text that this program would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Access, commandTable, commonErrors } from '../src/protocol/commands.ts';
import { errors } from '../src/protocol/errors.ts';
import { notices } from '../src/protocol/notices.ts';
import * as schemas from '../src/protocol/schemas.ts';
import { readSettings } from '../src/server/config/settings.ts';
import { codesOf } from '../src/server/rest/document.ts';
import { operationsOf } from '../src/server/rest/operations.ts';
import { aboutCode } from '../src/server/rest/problem.ts';
import { OPERATIONS, operationsModule } from './host-operations.ts';
import { referenceDocuments } from './reference/markdown.ts';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The shape of a payload in one line: `{workspace: {id}, nonce?}`. Strings stand without a type, all others with one. */
function shape(schema: JsonSchema): string {
  // A schema with a name has a section of its own.
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.anyOf) return schema.anyOf.map((each) => shape(each as JsonSchema)).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' or ');
  switch (schema.type) {
    case 'array':
      return `[${shape(schema.items as JsonSchema)}]`;
    case 'object':
      return schema.properties ? members(schema) : `{[id]: ${shape(schema.additionalProperties as JsonSchema)}}`;
    case 'integer':
      return 'number';
    default:
      return [schema.type ?? 'anything'].flat().join(' or ');
  }
}

function members({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const parts = Object.entries(properties).map(([name, member]) => {
    const optional = required.includes(name) ? '' : '?';
    const type = shape(member as JsonSchema);
    return type === 'string' ? `${name}${optional}` : `${name}${optional}: ${type}`;
  });
  // A loose object allows any further member.
  const open = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0;
  return `{${[...parts, ...(open ? ['…'] : [])].join(', ')}}`;
}

function payload(schema: z.ZodType, io: 'input' | 'output'): string {
  const text = shape(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
  // A schema that rearranges its input before the check (z.preprocess) shows no shape of the input.
  return text === 'anything' && io === 'input' ? payload(schema, 'output') : text;
}

/** The senders that an access level admits. */
const senders: Record<Access, string> = {
  anyone: 'anyone',
  user: 'a connection that signed in',
  seat: 'a seat',
  returning: 'a seat; the owner without one too',
  participant: 'a participant of the call',
  caller: "the owner; with callControl 'participants' any participant of the call",
  owner: 'the owner',
};

const codes = (list: readonly string[]) => list.map((code) => `\`${code}\``).join(' ');

function accessErrors(access: Access): readonly string[] {
  switch (access) {
    case 'anyone':
      return [];
    case 'user':
      return commonErrors.user;
    case 'seat':
    case 'returning':
      return commonErrors.seated;
    default:
      return [...commonErrors.seated, ...commonErrors[access]];
  }
}

function commandSections(): string {
  const table = commandTable({ name: 100, avatar: 8192, message: 4000 });
  return Object.entries(table)
    .map(([name, { about, access, input, output, otherwise, answer, errors: own }]) => {
      const all = [...new Set([...accessErrors(access), ...own])];
      const reply = payload(output, 'output');
      const other = otherwise ? `, or with \`${payload(otherwise, 'output')}\`` : '';
      return [
        `### \`${name}\``,
        '',
        about,
        '',
        `- Sender: ${senders[access]}`,
        `- Payload: \`${payload(input, 'input')}\``,
        reply === '{}' ? '- Ack: `{ok: true}`' : `- Ack: \`{ok: true, ...}\` with \`${reply}\`${other}`,
        answer === null ? '- Without an ack: nothing' : `- Without an ack: the notice \`${answer}\``,
        ...(all.length === 0 ? [] : [`- Errors: ${codes(all)}`]),
      ].join('\n');
    })
    .join('\n\n');
}

function noticeSections(): string {
  return Object.entries(notices)
    .map(([name, { about, payload: schema }]) => `### \`${name}\`\n\n${about}\n\n\`${payload(schema, 'output')}\``)
    .join('\n\n');
}

const named = [
  schemas.user,
  schemas.attendee,
  schemas.newWorkspace,
  schemas.workspace,
  schemas.knock,
  schemas.waitingPlace,
  schemas.call,
  schemas.sessionDescription,
  schemas.iceCandidate,
  schemas.iceServer,
];

function recordSections(): string {
  return named
    .flatMap((schema) => Object.entries(z.toJSONSchema(z.object({ schema }), { io: 'output' }).$defs ?? {}))
    .map(([name, definition]) => `- **${name}**: \`${shape(definition)}\``)
    .join('\n');
}

/** PROTOCOL.md, from the tables of commands, notices and errors. */
export function protocolDocument(): string {
  return `${read('scripts/protocol-intro.md').trim()}

## Records

${recordSections()}

## Commands

The server can answer every command with ${codes(commonErrors.every)}, and an event that is none of these
commands with \`UNKNOWN_COMMAND\`. Further errors stand beside each command.

${commandSections()}

## Notices

${noticeSections()}

## Errors

| code | sentence |
|---|---|
${Object.entries(errors)
  .map(([code, sentence]) => `| \`${code}\` | ${sentence} |`)
  .join('\n')}

A sentence may be more exact than the one here; programs should go by the code.
`;
}

interface Setting {
  name: string;
  about: string;
  value: string;
}

/** The settings of config.ts with the comments above them. */
export function fileSettings(): Setting[] {
  const settings: Setting[] = [];
  let parent = '';
  let about = '';
  for (const line of read('config.ts').split('\n')) {
    const comment = /^ {2,4}\/\*\* (.*) \*\/$/.exec(line);
    const value = /^ {2,4}(\w+): (.+),$/.exec(line);
    const opening = /^ {2}(\w+): \{$/.exec(line);
    if (comment) about = comment[1] ?? '';
    else if (opening) parent = `${opening[1]}.`;
    else if (line === '  },') parent = '';
    else if (value) {
      settings.push({ name: `${parent}${value[1]}`, about, value: value[2] ?? '' });
      about = '';
    }
  }
  return settings;
}

/** The variables of .env.sample with the comments above them. */
export function environmentSettings(): Setting[] {
  const paragraphs = read('.env.sample').trim().split('\n\n');
  return paragraphs.flatMap((paragraph) => {
    const lines = paragraph.split('\n');
    const [, name, value] = /^(\w+)=(.*)$/.exec(lines.at(-1) ?? '') ?? [];
    if (name === undefined || value === undefined) return [];
    const about = lines.slice(0, -1).map((line) => line.replace(/^# ?/, ''));
    return [{ name, about: about.join(' '), value: value.startsWith('replace-me') ? '' : value }];
  });
}

function rows(settings: Setting[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  return settings
    .map(({ name, about, value }) => `| \`${name}\` | ${value === '' ? '' : `\`${cell(value)}\``} | ${cell(about)} |`)
    .join('\n');
}

/** Puts text between the two comments that mark its place in a document. */
function between(text: string, mark: string, content: string): string {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`a document lacks ${start} ... ${end}`);
  return `${before}${start}\n${content}\n${end}${after}`;
}

/** docs/settings.md, with its tables from the comments in .env.sample and config.ts. */
export function settingsDocument(): string {
  const head = (kind: string) => `| ${kind} | default | meaning |\n|---|---|---|\n`;
  return between(
    between(read('docs/settings.md'), 'environment', head('variable') + rows(environmentSettings())),
    'settings',
    head('setting') + rows(fileSettings()),
  );
}

/** docs/rest.md, with its tables from the operations of the API and the codes of its problems. */
export function restDocument(): string {
  const all = operationsOf(readSettings({}));
  const operations = all.map(
    ({ method, path, scope, about }) => `| \`${method.toUpperCase()}\` | \`${path}\` | ${scope} | ${about} |`,
  );
  const problems = [...new Set([...all.flatMap(codesOf), 'NOT_FOUND' as const, 'METHOD_NOT_ALLOWED' as const])]
    .map((code) => ({ code, ...aboutCode(code) }))
    .sort((one, other) => one.status - other.status)
    .map(({ code, status, sentence }) => `| ${status} | \`${code}\` | ${sentence} |`);
  return between(
    between(
      read('docs/rest.md'),
      'operations',
      ['| method | path | scope | |', '|---|---|---|---|', ...operations].join('\n'),
    ),
    'codes',
    ['| status | code | sentence, where none is more exact |', '|---|---|---|', ...problems].join('\n'),
  );
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('PROTOCOL.md', root), protocolDocument());
  writeFileSync(new URL('docs/settings.md', root), settingsDocument());
  writeFileSync(new URL('docs/rest.md', root), restDocument());
  writeFileSync(new URL(OPERATIONS, root), operationsModule());
  for (const [path, text] of referenceDocuments()) writeFileSync(new URL(path, root), text);
}
