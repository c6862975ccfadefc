import type { Services } from '../../../src/server/services.ts';
import { startServer, type TestServer } from '../../support/fixtures.ts';

/** The keys of the test's server, by what they may do. */
export const keys = {
  clinic: 'Qm7RzVt2XbLw9KcJh4Ns6PfGdYe1Ua8i',
  reader: 'e4Ck0WzTq6yHn2BvMj8SgLr5DxPf1Uo9',
  writer: 'Hx5NuDa8ZsRq3JtWm7VkEc2YbPg6Lo1f',
  admin: 'Tb9FyKe4MwXj6CpQz1SrGv8NhUd3Al5o',
};

export const API_KEYS = [
  `clinic:${keys.clinic}`,
  `reader:${keys.reader}:read`,
  `writer:${keys.writer}:write`,
  `admin:${keys.admin}:read+write+admin`,
].join();

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  field?: string;
  retryAfter?: number;
  workspace?: { id: string };
}

interface Asked {
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  key?: string | null;
  headers?: Record<string, string>;
}

/** A host system that knows the API of a server. */
export class Host {
  readonly url: string;

  /** @param url of the server, without base_path */
  constructor(url: string) {
    this.url = `${url}/api/v1`;
  }

  async ask<Body = unknown>(
    method: string,
    path: string,
    { body, key = keys.clinic, headers = {} }: Asked = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as Body,
    };
  }

  /** As `ask`, where only a success will do. */
  async must<Body = unknown>(method: string, path: string, asked: Asked = {}): Promise<Body> {
    const { status, body } = await this.ask<Body>(method, path, asked);
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** As `ask`, where only a problem will do. */
  async refused(method: string, path: string, asked: Asked = {}): Promise<Problem> {
    const { status, headers, body } = await this.ask<Problem>(method, path, asked);
    if (status < 400) throw new Error(`${method} ${path} was answered ${status}`);
    if (headers.get('content-type') !== 'application/problem+json') throw new Error('it is no problem+json');
    if (body.status !== status) throw new Error(`the body of a ${status} says ${body.status}`);
    return body;
  }

  /** Creates a workspace. */
  create(given: object = {}, asked: Omit<Asked, 'body'> = {}): Promise<Created> {
    return this.must<Created>('POST', 'workspaces', { body: { owner: { name: 'Dr. Ada' }, ...given }, ...asked });
  }
}

export interface Created {
  workspace: {
    id: string;
    name: string;
    owner: { id: string; name: string; user: { id: string } | null };
    externalId: string | null;
    metadata: Record<string, string>;
    hasPin: boolean;
    capacity: number;
    attendeeCount: number;
    callMinutes: number | null;
    callMinutesUsed: number;
    call: { id: string; startedAt: number; connectedAt: number | null; endsAt: number | null } | null;
    createdAt: number;
    rev: number;
  };
  invitation: { url: string; token: string };
  owner: { url: string; token: string };
}

/** Starts a server with an API. */
export async function startApi(
  env: Record<string, string> = {},
  replace: Partial<Services> = {},
): Promise<{ server: TestServer; host: Host }> {
  const server = await startServer({ API_KEYS, ...env }, replace);
  return { server, host: new Host(server.url) };
}
