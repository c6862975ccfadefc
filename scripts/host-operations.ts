/** Writes src/host/operations.ts: a method for each operation of the REST API, with types from what openapi.json says of it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OpenAPIHono } from '@hono/zod-openapi';
import { readSettings } from '../src/server/config/settings.ts';
import { codesOf, describe, documentOf } from '../src/server/rest/document.ts';
import type { ApiEnv, Operation } from '../src/server/rest/operation.ts';
import { operationsOf } from '../src/server/rest/operations.ts';

/** Where that module stands. */
export const OPERATIONS = 'src/host/operations.ts';

/** The part of JSON Schema that openapi.json uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
}

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const JSON_TYPE = 'application/json';

function openApiOf(operations: readonly Operation[]): Document {
  const app = new OpenAPIHono<ApiEnv>();
  for (const each of operations) describe(app, each);
  return JSON.parse(documentOf(app, ''));
}

/** A schema as a type. */
function typeOf(schema: Schema): string {
  const { $ref, type, anyOf, properties, items, additionalProperties } = schema;
  if ($ref) return $ref.split('/').at(-1) ?? '';
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const types = [type ?? []].flat().map((each) => {
    if (each === 'array') return `readonly (${typeOf(items ?? {})})[]`;
    if (each === 'integer') return 'number';
    if (each !== 'object') return each;
    if (properties) return membersOf(schema);
    return `{ readonly [name: string]: ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'} }`;
  });
  return types.length === 0 ? 'unknown' : types.join(' | ');
}

function membersOf({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const about = member.description ? `/** ${member.description} */\n` : '';
    const isRequired = required.includes(name);
    return `${about}readonly ${name}${isRequired ? '' : '?'}: ${typeOf(member)}${isRequired ? '' : ' | undefined'};`;
  });
  return `{\n${members.join('\n')}\n}`;
}

/** `workspaces/{id}` as the parameters of a method, and as the parts of the path. */
function pathOf(path: string): { parameters: string[]; parts: string } {
  const segments = path.split('/');
  const parameters: string[] = [];
  const parts = segments.map((segment, index) => {
    const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
    if (name === undefined) return JSON.stringify(segment);
    const thing = name === 'id' ? (segments[index - 1]?.replace(/s$/, '') ?? '') : name;
    // The number of a part, and the id of a user as the host system has it, are what they are.
    const parameter = ['n', 'sub'].includes(name) ? name : `${thing}Id`;
    parameters.push(`${parameter}: ${name === 'n' ? 'number' : 'string'}`);
    return parameter;
  });
  return { parameters, parts: `[${parts.join(', ')}]` };
}

/** The filters of an operation; null where it has none. Texts that say only yes or no are booleans here. */
function queryOf({ parameters = [] }: Described): string | null {
  const members = parameters.filter((parameter) => parameter.in === 'query');
  if (members.length === 0) return null;
  const properties = members.map(({ name, schema }) => {
    const isYesOrNo = schema.enum?.join() === 'true,false';
    return [name, isYesOrNo ? { ...schema, enum: undefined, type: 'boolean' } : schema];
  });
  return membersOf({ properties: Object.fromEntries(properties) } as Schema);
}

function optionsOf({ isConditional, mediaTypes, method }: Operation): string {
  if (isConditional) return 'ConditionalOptions';
  if (mediaTypes) return 'FileOptions';
  return method === 'post' ? 'PostOptions' : 'RequestOptions';
}

function methodOf(operation: Operation, described: Described): string {
  const { id, method, path, about, scope, query, mediaTypes } = operation;
  const { parameters: ids, parts } = pathOf(path);
  const answer = Object.values(described.responses)[0]?.content?.[JSON_TYPE]?.schema;
  const body = described.requestBody?.content[JSON_TYPE]?.schema;
  const filters = query ? queryOf(described) : null;
  const item = answer?.properties?.nextCursor ? answer.properties.items?.items : undefined;
  const options = optionsOf(operation);
  const parameters = [
    ...ids,
    ...(body ? [`body: ${typeOf(body)}`] : []),
    ...(filters ? [`query: ${filters} = {}`] : []),
    `options: ${options} = {}`,
  ];
  const given = [`path: ${parts}`, ...(body ? ['body'] : []), ...(filters ? ['query'] : []), 'options'];
  const codes = codesOf(operation).filter((code) => operation.problems.includes(code));
  const comment = [
    about,
    `Needs a key with the scope \`${scope}\`.`,
    ...(codes.length > 0 ? [`@throws MeshServerError ${codes.join(', ')}`] : []),
  ];
  const promised = mediaTypes ? 'Response' : answer ? typeOf(answer) : 'void';
  const returned = item ? `Pages<${typeOf(item)}>` : `Promise<${promised}>`;
  const asked = [`method: '${method.toUpperCase()}'`, ...given, ...(mediaTypes ? ['isFile: true'] : [])];
  const call = item ? `this.list({ ${given.join(', ')} })` : `this.ask({ ${asked.join(', ')} })`;
  return `/**\n${comment.map((line) => ` * ${line}`).join('\n')}\n */\n${id}(${parameters.join(', ')}): ${returned} {\nreturn ${call};\n}`;
}

/** The text of that module, formatted as all others are. */
export function operationsModule(): string {
  const operations = operationsOf(readSettings({}));
  const { paths, components } = openApiOf(operations);
  const codes = [...new Set(operations.flatMap(codesOf)), 'NOT_FOUND', 'METHOD_NOT_ALLOWED'];
  const types = Object.entries(components.schemas)
    .filter(([name]) => name !== 'Problem')
    .map(([name, schema]) => `export interface ${name} ${membersOf(schema)}`);
  const methods = operations.map((operation) => {
    const described = paths[`/${operation.path}`]?.[operation.method];
    if (!described) throw new Error(`${operation.id} is not in openapi.json.`);
    return methodOf(operation, described);
  });
  const text = `// Made by \`npm run docs\` from src/server/rest/operations: change it there. Times are in ms since the epoch.
import type { Asked, ConditionalOptions, FileOptions, PostOptions, RequestOptions } from './asked.ts';
import type { Pages } from './pages.ts';

/** The codes of the server. docs/rest.md has a sentence for each. */
export type ProblemCode = ${[...new Set(codes)].map((code) => `'${code}'`).join(' | ')};

${types.join('\n\n')}

/** A method for each operation of the REST API. */
export abstract class Operations {
protected abstract ask<Answer>(asked: Asked): Promise<Answer>;

protected abstract list<Item>(asked: Omit<Asked, 'method'>): Pages<Item>;

${methods.join('\n\n')}
}
`;
  const root = fileURLToPath(new URL('../', import.meta.url));
  const args = ['check', '--write', `--stdin-file-path=${OPERATIONS}`];
  return execFileSync(`${root}node_modules/.bin/biome`, args, { cwd: root, input: text, encoding: 'utf8' });
}
