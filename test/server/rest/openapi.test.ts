import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { withUsers } from '../../protocol/users.ts';
import { startReceiver } from '../../support/receiver.ts';
import { type Host, keys, startApi } from './api.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  [keyword: string]: unknown;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
}

interface Described {
  operationId: string;
  summary: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, { type: string; scheme: string }> };
}

const documentOf = (host: Host) => host.must<Document>('GET', 'openapi.json', { key: null });

function operationsIn({ paths }: Document): { method: string; path: string; described: Described }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ method, path, described })),
  );
}

const resolved = (schema: Schema, { components }: Document): Schema => {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : (components.schemas[name] ?? {});
};

/** Why a value does not fit a schema; null where it does. Every member that it has must be in the schema. */
function misfit(value: unknown, schema: Schema, document: Document, at = 'it'): string | null {
  const { type, properties, required = [], items, anyOf, additionalProperties, ...rest } = resolved(schema, document);
  if (anyOf) {
    const all = anyOf.map((each) => misfit(value, each, document, at));
    return all.includes(null) ? null : all.join(' and ');
  }
  if (rest.enum) return rest.enum.includes(value) ? null : `${at} is ${value}`;
  const types = [type].flat();
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const fits = types.some((each) => each === kind || (each === 'integer' && Number.isInteger(value)));
  if (!fits) return `${at} is ${kind}, and not ${types.join(' or ')}`;
  if (Array.isArray(value)) {
    return value.map((each, index) => misfit(each, items ?? {}, document, `${at}[${index}]`)).find(Boolean) ?? null;
  }
  if (kind !== 'object') return null;
  const members = Object.entries(value as object);
  const missing = required.find((name) => !members.some(([member]) => member === name));
  if (missing) return `${at} has no ${missing}`;
  for (const [name, member] of members) {
    const known = properties?.[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : null);
    const problem = known
      ? misfit(member, known, document, `${at}.${name}`)
      : `${at} has a ${name} that nobody describes`;
    if (problem) return problem;
  }
  return null;
}

/** Values of fields that no schema can describe wholly. */
const samples: Record<string, () => unknown> = {
  expiresAt: () => Date.now() + 60_000,
  // A public address, of which no name server is asked; nothing is sent there, because nothing has that type.
  url: () => 'https://93.184.216.34/hook',
  types: () => ['recording.failed'],
  secret: newSecret,
  // No two things have the same.
  externalId: () => randomUUID(),
};

/** A value that a schema describes. */
function sampleOf(schema: Schema, document: Document, name = ''): unknown {
  const { type, properties = {}, required = [], anyOf, items, ...rest } = resolved(schema, document);
  if (anyOf) return sampleOf(anyOf[0] ?? {}, document, name);
  if (rest.enum) return rest.enum[0];
  if (rest.const !== undefined) return rest.const;
  const special = samples[name];
  if (special !== undefined) return special();
  switch ([type].flat()[0]) {
    case 'object': {
      // All of what is optional too.
      const members = Object.entries(properties).map(([key, member]) => [key, sampleOf(member, document, key)]);
      expect(required.filter((key) => !Object.hasOwn(properties, key))).toEqual([]);
      return Object.fromEntries(members);
    }
    case 'array':
      return [sampleOf(items ?? {}, document, name)];
    case 'integer':
    case 'number':
      return rest.minimum ?? 1;
    case 'boolean':
      return false;
    default:
      return `a-${name}`;
  }
}

describe('openapi.json', () => {
  it('is OpenAPI 3.1, for everybody, with the URL of the API', async () => {
    const { host } = await startApi();
    const document = await documentOf(host);
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: 'mesh-workspaces', version: packageJson.version });
    expect(document.servers).toEqual([{ url: host.url }]);
    const response = await fetch(`${host.url}/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json');
    const elsewhere = await startApi({ PUBLIC_URL: 'https://meet.example.com/calls' });
    expect((await documentOf(elsewhere.host)).servers).toEqual([{ url: 'https://meet.example.com/calls/api/v1' }]);
  });

  it('is well formed: names are unique, references lead somewhere, each path has its parameters', async () => {
    const { host } = await startApi();
    const document = await documentOf(host);
    const operations = operationsIn(document);
    const names = operations.map(({ described }) => described.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]\w+$/);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(references.length).toBeGreaterThan(10);
    for (const ref of references) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect(ref.startsWith('#/') && found, ref).toBeTruthy();
    }
    for (const { method, path, described } of operations) {
      const name = `${method} ${path}`;
      expect(path, name).toMatch(/^\/[a-z-]+(?:\/(?:[a-z-]+|\{\w+\}))*$/);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const parameters = described.parameters ?? [];
      expect(
        parameters.filter((each) => each.in === 'path').map((each) => each.name),
        name,
      ).toEqual(inPath);
      for (const parameter of parameters) expect(parameter.required, name).toBe(parameter.in === 'path');
      expect(described.summary, name).toMatch(/^[A-Z].*\.$/);
      expect(described.security, name).toEqual([{ key: [] }]);
      expect(document.components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' });
      const statuses = Object.keys(described.responses);
      const files: Record<string, string> = { getRecordingPart: 'video/webm', getRecordingFilm: 'video/mp4' };
      const file = files[described.operationId];
      const isFile = file !== undefined;
      const successes = statuses.filter((status) => /^2/.test(status));
      expect(successes, name).toHaveLength(isFile ? 2 : 1);
      expect(statuses, name).toEqual(expect.arrayContaining(['401', '403', '429', '500', '503']));
      for (const [status, { content = {} }] of Object.entries(described.responses)) {
        const isSuccess = successes.includes(status);
        const type = status === '204' ? [] : [isSuccess ? 'application/json' : 'application/problem+json'];
        if (isFile && isSuccess) expect(Object.keys(content)).toContain(file);
        else expect(Object.keys(content), `${name} ${status}`).toEqual(type);
      }
      expect(
        parameters.some((each) => each.name === 'Idempotency-Key'),
        name,
      ).toBe(method === 'post');
    }
  });

  it('describes every operation as it answers: called by nothing but the document, on something and on nothing', async () => {
    const receiver = await startReceiver();
    const { host } = await startApi({ ...withUsers, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: newSecret() });
    const document = await documentOf(host);
    const answered = new Set<string>();
    const bob = { id: 'bob', name: 'Bob' };
    const ask = async (method: string, path: string, described: Described, ids: Record<string, string>) => {
      const url = path.slice(1).replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
      const schema = described.requestBody?.content['application/json']?.schema;
      const sample = schema === undefined ? undefined : sampleOf(schema, document);
      // A schema cannot say that nobody has a consultation with oneself.
      const body = `${method} ${path}` === 'post /consultations' ? { ...(sample as object), clients: [bob] } : sample;
      const answer = await host.ask(method.toUpperCase(), url, { body, key: keys.admin });
      const name = `${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`;
      const response = described.responses[answer.status];
      expect(response, name).toBeDefined();
      const [content] = Object.values(response?.content ?? {});
      if (content) expect(misfit(answer.body, content.schema, document), name).toBeNull();
      else expect(answer.body, name).toBeNull();
      if (answer.status < 300) answered.add(`${method} ${path}`);
    };
    const operations = operationsIn(document);
    for (const { method, path, described } of operations) {
      // Each on a workspace of its own, because some end it.
      const { workspace } = await host.create();
      const made = await host.must<{ webhook: { id: string } }>('POST', 'webhooks', {
        body: sampleOf({ type: 'object', properties: { url: {}, types: {} } }, document),
      });
      const [configured] = (await host.must<{ items: { id: string }[] }>('GET', 'webhooks')).items;
      // One of the configuration is tried, because it is on this machine; only the other one can be changed.
      const webhook = /test|deliveries/.test(path) ? configured : made.webhook;
      const { consultation } = await host.must<{ consultation: { id: string } }>('POST', 'consultations', {
        body: { provider: { id: 'ada', name: 'Dr. Ada' }, clients: [bob] },
      });
      const own = { webhooks: webhook?.id, consultations: consultation.id };
      const id = own[path.split('/')[1] as keyof typeof own] ?? workspace.id;
      await ask(method, path, described, { id, attendee: '_nobody', sub: 'ada', event: 'evt_none_1', n: '1' });
      await ask(method, path, described, { id: 'nothing', attendee: 'nobody', sub: 'nobody', event: 'none', n: '0' });
    }
    // Those that need more than a workspace have tests of their own.
    const unanswered = operations.map(({ method, path }) => `${method} ${path}`).filter((each) => !answered.has(each));
    expect(unanswered.sort()).toEqual([
      'delete /recordings/{id}',
      'delete /recordings/{id}/parts/{n}',
      'delete /workspaces/{id}/attendees/{attendee}',
      'get /calls/{id}',
      'get /recordings/{id}',
      'get /recordings/{id}/film',
      'get /recordings/{id}/parts/{n}',
      'post /calls/{id}/end',
      'post /calls/{id}/extend',
      'post /recordings/{id}/stop',
      'post /webhooks/{id}/deliveries/{event}/retry',
      'post /workspaces/{id}/recordings',
    ]);
  });
});
