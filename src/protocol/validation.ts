import type { z } from 'zod';
import { type Refusal, refuse } from './errors.ts';

/** The longest path of a field that a sentence repeats. */
const LONGEST_FIELD = 100;

/** The message of a check that has none of its own. */
const NO_MESSAGE = 'Invalid input';

/** The first fault of a payload, as a sentence of ours with the path of the field. */
export function whatIsWrong(error: z.ZodError): Refusal<'INVALID_PAYLOAD'> {
  const issue = error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  // The names in it come from the sender, at any length.
  const field = [...(issue?.path ?? []), ...unknown].join('.').slice(0, LONGEST_FIELD) || 'payload';
  return refuse('INVALID_PAYLOAD', { field }, `The field ${field} ${fault(issue)}. Correct it and send it again.`);
}

function fault(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? 'of another type'}`;
    case 'too_big':
      return `is too ${issue.origin === 'string' ? 'long' : 'large'}: ${issue.maximum} at most`;
    case 'too_small':
      if (issue.origin === 'string') return `is too short: ${issue.minimum} at least`;
      return `must be ${issue.inclusive ? `${issue.minimum} or more` : `more than ${issue.minimum}`}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'unrecognized_keys':
      return 'is not known here';
    case 'custom':
      return issue.message === NO_MESSAGE ? 'has a wrong form' : issue.message;
    default:
      return 'has a wrong form';
  }
}

const kinds: Partial<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  array: 'a list',
};
