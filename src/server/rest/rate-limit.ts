import type { MiddlewareHandler } from 'hono';
import type { Services } from '../services.ts';
import type { ApiEnv } from './operation.ts';
import { problemOf, problemResponse } from './problem.ts';

/** Bounds how many requests a key may send. */
export function limitRate({ limitApiRequests, measurements }: Services): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const limited = await limitApiRequests(context.get('key')?.id ?? '');
    if (!limited) return next();
    if (limited.limit) measurements.refused.add(limited.limit);
    return problemResponse(problemOf(limited));
  };
}
