import { z } from 'zod';
import type { Documents } from './documents.ts';
import { workspaceSchema } from './schema.ts';

export const VERSION = 1;
export const OPENING = `{"version":${VERSION},"workspaces":`;

const envelopeSchema = z.object({
  version: z.literal(VERSION),
  // No record: that would make a new object of it, and lose the id `__proto__`.
  workspaces: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
});

type Parsed = { documents: Documents } | { version: number } | { foreign: string } | { problem: string };

/**
 * A corrupt file of ours is set aside, so that a good copy can be put in its place and nobody takes the damaged one
 * for the store. A file that never was ours, because json_storage_file was mistyped, stays where it is: its owner
 * would not find it again. One of ours whose very beginning is damaged passes for such a file, which is safe, as the
 * start is refused all the same.
 */
export function parse(bytes: Uint8Array): Parsed {
  let content: unknown;
  try {
    // Strict, or damaged bytes would turn into question marks in somebody's name, or in an id.
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the file, whose content belongs in no log.
    const problem = 'it is not JSON';
    return beginsLikeOurs(bytes) ? { problem } : { foreign: problem };
  }
  const { version } = z.object({ version: z.number() }).safeParse(content).data ?? {};
  if (version !== undefined && version !== VERSION) return { version };

  const envelope = envelopeSchema.safeParse(content);
  if (!envelope.success) {
    const problem = problemOf(envelope.error);
    return version === VERSION && Object.hasOwn(content as object, 'workspaces') ? { problem } : { foreign: problem };
  }

  const documents: Documents = new Map();
  for (const [id, entry] of Object.entries(envelope.data.workspaces)) {
    const workspace = workspaceSchema.safeParse(entry);
    if (!workspace.success) return { problem: problemOf(workspace.error, ['workspaces', id]) };
    if (workspace.data.id !== id) return { problem: `workspaces.${id}: it has the id of another workspace` };
    documents.set(id, workspace.data);
  }
  return { documents };
}

/**
 * Whether a text that is no JSON has our opening, or the first part of it. An empty file is ours too: file systems
 * leave one after a crash, and nobody else misses it.
 */
function beginsLikeOurs(bytes: Uint8Array): boolean {
  // Somebody may have laid it out anew by hand.
  const beginning = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').replace(/\s/g, '');
  return beginning.startsWith(OPENING) || OPENING.startsWith(beginning);
}

/** The place and the kind of the first problem; never a value from the file. */
function problemOf(error: z.ZodError, above: PropertyKey[] = []): string {
  const issue = error.issues[0];
  const path = [...above, ...(issue?.path ?? [])].map(String).join('.');
  return `${path || 'the whole'}: ${issue?.message ?? 'invalid'}`;
}
