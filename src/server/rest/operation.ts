import type { z } from 'zod';
import type { ApiKey, Scope } from '../config/api-keys.ts';
import type { NodeReports } from '../metrics/node-reports.ts';
import type { ServedFile } from '../recordings/served-file.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { Commits } from '../workspaces/commits.ts';
import type { UserConnections } from '../workspaces/user-connections.ts';
import type { Links } from './links.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** What the middleware knows of a request. */
export interface ApiEnv {
  Variables: {
    /** Its key; none where the path is public. */
    key?: ApiKey;
    /** Its operation, as the log names it. */
    operation?: string;
  };
}

/** What all operations work with. */
export interface Api {
  readonly services: Services;
  readonly commits: Commits;
  readonly records: Records;
  readonly links: Links;
  readonly reports: NodeReports;
  readonly userConnections: UserConnections;
  readonly webhooks: Webhooks;
  /** The URL of the API, without a slash at its end. */
  readonly url: () => string;
}

/** The request that an operation answers, beside its input. */
interface ApiRequest {
  readonly key: ApiKey;
  /** The header If-Match. */
  readonly ifMatch: string | undefined;
  /** Whether it may have been answered before, by a node that died then. */
  readonly isRepeatable: boolean;
  /**
   * An id for something that the operation creates. A request that is repeated with its Idempotency-Key gets the same
   * ids again, so that it finds what it created before its node died.
   */
  newId(): string;
}

/** A success. */
export interface Success<Body> {
  readonly body: Body;
  /** The revision of what the answer shows, for its ETag. */
  readonly rev?: number;
  /** The path of what was created, below that of the API. */
  readonly location?: string;
  /** The file that is the answer, in the place of a body. */
  readonly file?: ServedFile;
}

interface Input<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

interface Definition<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  /** Its name in openapi.json, after which programs name their functions: a verb and a noun. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below the path of the API, with parameters in braces: `workspaces/{id}`. */
  readonly path: string;
  /** The scope that a key needs. */
  readonly scope: Scope;
  /** One sentence for the reader of openapi.json. */
  readonly about: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** 204 has no body. */
  readonly status: 200 | 201 | 204;
  readonly answer: Answer;
  /** The media types of the file that is the answer, where one is. */
  readonly mediaTypes?: readonly string[];
  /** Whether it takes If-Match. */
  readonly isConditional?: boolean;
  /** The problems of its own, beside those of every operation. */
  readonly problems: readonly ProblemCode[];
  handle(
    api: Api,
    input: Input<z.output<Params>, z.output<Query>, z.output<Body>>,
    request: ApiRequest,
  ): Promise<Success<z.input<Answer>> | Problem>;
}

/** An operation whose types of input are forgotten: the schemas check what reaches its handler. */
export interface Operation extends Omit<Definition<z.ZodObject, z.ZodObject, z.ZodType, z.ZodType>, 'handle'> {
  handle(api: Api, input: Input<unknown, unknown, unknown>, request: ApiRequest): Promise<Success<unknown> | Problem>;
}

/** Whether it only reads. */
export const isRead = ({ method }: Pick<Operation, 'method'>) => method === 'get';

/** The method and the path of an operation, by which the log names it. */
export const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>) => `${method.toUpperCase()} ${path}`;

/** Defines an operation: its handler, its checks and its part of openapi.json follow from one table. */
export function operation<
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodUndefined,
>(definition: Definition<Params, Query, Body, Answer>): Operation {
  return definition as unknown as Operation;
}
