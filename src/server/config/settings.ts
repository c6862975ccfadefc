import { z } from 'zod';
import fileSettings from '../../../config.ts';
import type { CallControl } from '../domain/policy.ts';
import { candidateKinds, wrongCandidateRule } from './candidate-filter.ts';
import { ConfigError, type Environment } from './environment.ts';

const positive = (min: number, max: number) => z.number().min(min).max(max);
const count = (min: number, max: number) => z.number().int().min(min).max(max);

/** Numbers with commas in between. */
const numbers = z.string().regex(/^(\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*)?$/);

/** The range of each setting. The compiler names a setting of config.ts that has none here. */
const settingsSchema = z.object({
  tokenDelimiter: z.string().min(1).max(8),
  // Longer ids would make the invitation longer than the link field of the client in the field.
  WORKSPACE_ID_LEN: count(8, 18),
  untitled_workspace: z.string().min(1),
  default_workspace_avatar: z.string(),
  anonymous_attendee: z.string().min(1),
  default_attendee_avatar: z.string(),
  https: z.object({ key: z.string(), cert: z.string(), ca: z.string() }),
  base_path: z.string().regex(/^\/([\w.~-]+\/)*$/),
  json_storage_file: z.string(),
  redis_prefix: z.string().regex(/^[\w.-]+$/),
  redis_timeout_seconds: positive(0.01, 10),
  node_lease_seconds: positive(0.2, 300),
  max_capacity_of_workspace: count(1, 1000),
  max_waiting: count(1, 1000),
  callControl: z.enum(['owner', 'participants'] satisfies CallControl[]),
  seat_grace_seconds: positive(0, 86_400),
  ring_timeout_seconds: positive(0.1, 3_600),
  max_call_minutes: positive(0, 525_600),
  call_warning_seconds: numbers,
  workspace_idle_hours: positive(0.0001, 24 * 365),
  access_token_hours: positive(0.0001, 24 * 365),
  invitation_days: positive(0.00001, 3_650),
  records_days: positive(0, 36_500),
  recordings_dir: z.string(),
  recording_upload_days: positive(0.00001, 3_650),
  recording_days: positive(0, 36_500),
  max_recording_megabytes: positive(0.001, 1e9),
  recording_free_megabytes: positive(0, 1e9),
  recording_compose: z.boolean(),
  turn_credential_seconds: count(60, 86_400),
  twilio_timeout_seconds: positive(0.1, 60),
  max_payload_bytes: count(1_024, 16_777_216),
  max_unread_bytes: count(16_384, 1_073_741_824),
  max_workspaces: count(1, 100_000_000),
  creates_per_minute: count(1, 1_000_000),
  api_requests_per_minute: count(1, 10_000_000),
  max_name_length: count(1, 10_000),
  max_avatar_length: count(0, 16_777_216),
  max_message_length: count(1, 100_000),
  commands_per_second: positive(1, 1_000_000),
  users: z.enum(['auto', '', 'open', 'tokens']),
  registration_minutes: positive(0.001, 525_600),
  names_per_minute: count(1, 1_000_000),
  ice_candidate_filter: z.string().superRefine((text, context) => {
    const wrong = wrongCandidateRule(text);
    if (wrong === null) return;
    const kinds = candidateKinds.join(', ');
    context.addIssue({
      code: 'custom',
      message: `'${wrong}' is neither one of ${kinds} nor a network such as 10.8.0.0/16`,
    });
  }),
  relay_path: z.enum(['short', 'ordinary']),
  pin_attempts: count(1, 1_000),
  pin_lockout_seconds: count(1, 3_600),
  pin_attempts_per_hour: count(1, 100_000),
  broken_links_per_minute: count(1, 1_000_000),
  bcrypt_cost: count(4, 16),
  pin_checks_at_once: count(1, 64),
  pin_checks_waiting: count(1, 100_000),
  seatless_connections_per_address: count(1, 1_000_000),
  listen_backlog: count(1, 65_535),
  first_command_seconds: positive(0.1, 3_600),
  heartbeat_seconds: positive(0.1, 300),
  shutdown_seconds: positive(0.1, 600),
} satisfies Record<keyof typeof fileSettings, z.ZodType>);

/** The settings of config.ts, some of them overridden by the environment. */
export type Settings = z.output<typeof settingsSchema>;

/** MAX_CAPACITY_OF_WORKSPACE, CALL_CONTROL: the environment variable of a setting in config.ts. */
export function variableOf(...names: string[]): string {
  return names.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

/** Overrides settings of config.ts by variables of the environment, converted to the type that the setting has. */
function overridden(defaults: Record<string, unknown>, env: Environment, parents: string[] = []): object {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      if (typeof value === 'object' && value !== null) return [name, overridden({ ...value }, env, [...parents, name])];
      const variable = env[variableOf(...parents, name)]?.trim();
      if (variable === undefined || (variable === '' && typeof value !== 'string')) return [name, value];
      return [name, converted(variable, typeof value)];
    }),
  );
}

/** A text that is none of its type stays as it is, and is refused. */
function converted(variable: string, type: string): unknown {
  if (type === 'number') return Number(variable);
  if (type === 'boolean' && ['true', 'false'].includes(variable)) return variable === 'true';
  return variable;
}

/** @throws ConfigError */
export function readSettings(env: Environment): Settings {
  const result = settingsSchema.safeParse(overridden(fileSettings, env));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const names = (issue?.path ?? []).map(String);
  const given = env[variableOf(...names)];
  const quoted = given === undefined ? '' : ` It is '${given}'.`;
  throw new ConfigError(
    `${names.join('.')} (${variableOf(...names)}) is not right: ${expectation(issue)}.${quoted} See config.ts.`,
  );
}

/** @returns null where the setting is no number */
function rangeOf({ path: [name] }: z.core.$ZodIssue): string | null {
  const schema = settingsSchema.shape[name as keyof Settings];
  return schema instanceof z.ZodNumber ? `it must be from ${schema.minValue} to ${schema.maxValue}` : null;
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'too_small':
      return rangeOf(issue) ?? `it must be ${issue.minimum} or more characters`;
    case 'too_big':
      return rangeOf(issue) ?? `it must be ${issue.maximum} or less characters`;
    case 'invalid_type':
      if (issue.expected === 'boolean') return 'it must be true or false';
      return `it must be a ${issue.expected === 'int' ? 'whole number' : issue.expected}`;
    case 'invalid_value':
      return `it must be one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return 'it has the wrong form';
    case 'custom':
      return issue.message;
    default:
      return 'see what is allowed there';
  }
}
