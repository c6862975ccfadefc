import { z } from 'zod';
import { refuse } from '../../../protocol/errors.ts';
import { startRecording, stopRecording } from '../../domain/recording.ts';
import { partFile } from '../../recordings/served-file.ts';
import { FILM_TYPE, shownFilm, shownPart, shownState } from '../../recordings/shown.ts';
import { STILL_ON, WHOLE } from '../../recordings/upload-answers.ts';
import type { FilmRecord } from '../../records/films.ts';
import type { PartRecord } from '../../records/recording-parts.ts';
import type { RecordingRecord } from '../../records/recordings.ts';
import { changeWorkspace } from '../change.ts';
import { type Api, operation } from '../operation.ts';
import { listed, listOf, paging, partOf, sinceFilter } from '../paging.ts';
import { isProblem, type Problem, problem } from '../problem.ts';

const params = z.object({ id: z.string() });
const ref = z.object({ id: z.string() });
const time = z.number().int();

const states = ['recording', 'uploading', 'completed', 'partly', 'failed'] as const;

const filmSchema = z
  .object({
    state: z.enum(['waiting', 'composing', 'complete', 'failed']).meta({
      description: 'waiting: its turn has not come yet, or it is tried again; failed: it is not tried again.',
    }),
    mimeType: z.string(),
    startedAt: time.nullable().meta({ description: 'When its first picture was.' }),
    durationSeconds: z.number().nullable(),
    bytes: z.number().int().nullable(),
    sha256: z.string().nullable().meta({ description: 'In hexadecimal, once it is complete.' }),
    problem: z.string().nullable().meta({ description: 'Why there is none yet.' }),
  })
  .meta({ id: 'RecordingFilm' });

const recordingSchema = z
  .object({
    id: z.string(),
    workspace: ref,
    call: ref,
    externalId: z.string().nullable(),
    state: z.enum(states).meta({
      description:
        'recording: it is on; uploading: it is over, and parts are under way; completed: all parts are whole; partly, ' +
        'failed: some, or all, of them did not come in time.',
    }),
    startedBy: ref.nullable().meta({ description: 'The attendee who started it; null: this API did.' }),
    startedAt: time,
    stoppedAt: time.nullable(),
    settledAt: time.nullable().meta({ description: 'When it was known which of its parts are whole.' }),
    film: filmSchema
      .nullable()
      .meta({ description: 'All parts in one file; null where the server makes none, or not yet.' }),
  })
  .meta({ id: 'Recording' });

const partSchema = z
  .object({
    n: z.number().int(),
    attendee: ref,
    user: ref.nullable(),
    name: z.string(),
    source: z.enum(['camera', 'screen']),
    mimeType: z.string(),
    startedAt: time,
    endedAt: time.nullable().meta({ description: 'Null where its client did not say.' }),
    bytes: z.number().int().meta({ description: 'Those that have come so far.' }),
    sha256: z.string().nullable().meta({ description: 'In hexadecimal, once the part is whole.' }),
    state: z.enum(['uploading', 'complete', 'partial', 'lost', 'erased']).meta({
      description: 'partial: the rest did not come in time, or was given up; lost: nothing came; erased: its user was.',
    }),
  })
  .meta({ id: 'RecordingPart' });

const detailSchema = recordingSchema
  .extend({
    parts: z.array(partSchema),
    consents: z.array(
      z.object({
        attendee: ref,
        user: ref.nullable(),
        name: z.string(),
        given: z.boolean(),
        text: z.string().meta({ description: 'The version of the text that the attendee has read.' }),
        at: time,
      }),
    ),
  })
  .meta({ id: 'RecordingDetails' });

const answer = z.object({ recording: detailSchema });

const OFF = 'This server makes no recordings: RECORDINGS_DIR is not set.';
const NO_CALL = 'There is no call to record in this workspace. Start it again when the call is on.';
const NO_PART = 'The recording has no such part.';
const NO_BYTES = 'Nothing of this part is there.';
const NO_FILM = 'There is no film of this recording. Its member film says whether one is made.';

/** The operations on recordings. */
export const recordingOperations = [
  operation({
    id: 'startRecording',
    method: 'post',
    path: 'workspaces/{id}/recordings',
    scope: 'write',
    about:
      'Starts a recording of the call in a workspace. People are recorded once they agree. One that is on already is the answer.',
    params,
    status: 201,
    answer,
    problems: ['WORKSPACE_GONE', 'CONFLICT', 'NO_RECORDING'],
    async handle(api, { params }, request) {
      if (!api.services.recordings) return problem('CONFLICT', {}, OFF);
      const id = request.newId();
      const workspace = await changeWorkspace(api, params.id, (current, now) =>
        startRecording(current, { id, startedBy: null }, now),
      );
      if (isProblem(workspace)) return workspace.problem === 'NO_CALL' ? problem('CONFLICT', {}, NO_CALL) : workspace;
      const recording = await latest(api, workspace.recording?.id ?? id);
      if (isProblem(recording)) return recording;
      return { body: { recording: await detailsOf(api, recording) }, location: `recordings/${recording.id}` };
    },
  }),

  operation({
    id: 'listRecordings',
    method: 'get',
    path: 'recordings',
    scope: 'read',
    about: 'Lists recordings, those first that began last.',
    query: z.object({
      ...paging,
      workspace: z.string().max(100).optional(),
      state: z.enum(states).optional(),
      since: sinceFilter('Those that began since then.'),
    }),
    status: 200,
    answer: listOf(recordingSchema),
    problems: [],
    async handle(api, { query }) {
      const part = partOf(query);
      if (isProblem(part)) return part;
      await api.commits.recorded();
      const { workspace: workspaceId, state, since } = query;
      const { items, next } = await api.records.recordings.page({ workspaceId, state, since }, part);
      const films = await api.records.films.of(items.map(({ id }) => id));
      const views = items.map((each) =>
        viewOf(
          each,
          films.find(({ recordingId }) => recordingId === each.id),
        ),
      );
      return { body: listed({ items: views, next }) };
    },
  }),

  operation({
    id: 'getRecording',
    method: 'get',
    path: 'recordings/{id}',
    scope: 'read',
    about: 'Shows a recording with its parts, and who has agreed to be recorded.',
    params,
    status: 200,
    answer,
    problems: ['NO_RECORDING'],
    async handle(api, { params }) {
      const recording = await latest(api, params.id);
      return isProblem(recording) ? recording : { body: { recording: await detailsOf(api, recording) } };
    },
  }),

  operation({
    id: 'stopRecording',
    method: 'post',
    path: 'recordings/{id}/stop',
    scope: 'write',
    about: 'Ends a recording. Parts that were begun are still uploaded. One that is over stays as it is.',
    params,
    status: 200,
    answer,
    problems: ['NO_RECORDING'],
    async handle(api, { params }) {
      const recording = await latest(api, params.id);
      if (isProblem(recording)) return recording;
      const refused = await endedFirst(api, recording);
      if (refused) return refused;
      const after = await findRecording(api, params.id);
      return isProblem(after) ? after : { body: { recording: await detailsOf(api, after) } };
    },
  }),

  operation({
    id: 'deleteRecording',
    method: 'delete',
    path: 'recordings/{id}',
    scope: 'write',
    about: 'Ends a recording, and deletes it with all its parts and who agreed to it.',
    params,
    status: 204,
    answer: z.undefined(),
    problems: ['NO_RECORDING', 'CONFLICT'],
    async handle(api, { params }) {
      const { recordings } = api.services;
      if (!recordings) return problem('CONFLICT', {}, OFF);
      const recording = await latest(api, params.id);
      if (isProblem(recording)) return recording;
      const refused = await endedFirst(api, recording);
      if (refused) return refused;
      await recordings.delete(recording.id);
      return { body: undefined };
    },
  }),

  operation({
    id: 'getRecordingPart',
    method: 'get',
    path: 'recordings/{id}/parts/{n}',
    scope: 'read',
    about:
      'Hands out the bytes of a part, or those that the header Range asks for; of one that is not whole, those that have come.',
    params: z.object({ id: z.string(), n: z.string() }),
    status: 200,
    answer: z.undefined(),
    mediaTypes: ['audio/webm', 'audio/mp4', 'audio/ogg', 'video/webm', 'video/mp4', 'video/ogg'],
    problems: ['NO_RECORDING', 'CONFLICT', 'RANGE_NOT_SATISFIABLE'],
    async handle(api, { params: { id, n } }) {
      const { recordings } = api.services;
      if (!recordings) return problem('CONFLICT', {}, OFF);
      const recording = await findRecording(api, id);
      if (isProblem(recording)) return recording;
      const part = await findPart(api, id, n);
      const size = part && part.state !== 'erasing' ? await recordings.store.sizeOf(part.id) : null;
      if (!part || size === null) return problem('NO_RECORDING', {}, NO_BYTES);
      return {
        body: undefined,
        file: partFile(part, recordings.store.fileOf(part.id), size),
      };
    },
  }),

  operation({
    id: 'giveUpRecordingPart',
    method: 'delete',
    path: 'recordings/{id}/parts/{n}',
    scope: 'write',
    about:
      'Gives up a part that is not whole, of a recording that is over: it stays as far as it came, as partial or lost, and nothing ' +
      'waits for the rest. One that is given up already stays as it is.',
    params: z.object({ id: z.string(), n: z.string() }),
    status: 204,
    answer: z.undefined(),
    problems: ['NO_RECORDING', 'CONFLICT'],
    async handle(api, { params: { id, n } }) {
      const { recordings } = api.services;
      if (!recordings) return problem('CONFLICT', {}, OFF);
      const recording = await latest(api, id);
      if (isProblem(recording)) return recording;
      const part = await findPart(api, id, n);
      if (!part) return problem('NO_RECORDING', {}, NO_PART);
      const result = await recordings.giveUp(part);
      if (result === 'busy') return problem('BUSY_TRY_AGAIN');
      if (result === 'whole') return problem('CONFLICT', {}, WHOLE);
      return result === 'recording' ? problem('CONFLICT', {}, STILL_ON) : { body: undefined };
    },
  }),

  operation({
    id: 'getRecordingFilm',
    method: 'get',
    path: 'recordings/{id}/film',
    scope: 'read',
    about: 'Hands out the film of a recording: all parts in one file, or the bytes that the header Range asks for.',
    params,
    status: 200,
    answer: z.undefined(),
    mediaTypes: [FILM_TYPE],
    problems: ['NO_RECORDING', 'CONFLICT', 'RANGE_NOT_SATISFIABLE'],
    async handle(api, { params: { id } }) {
      const { recordings } = api.services;
      if (!recordings) return problem('CONFLICT', {}, OFF);
      const recording = await findRecording(api, id);
      if (isProblem(recording)) return recording;
      const file = await recordings.films.file(id);
      return file ? { body: undefined, file } : problem('NO_RECORDING', {}, NO_FILM);
    },
  }),
];

/** A recording with all that was done to it until now. */
async function latest(api: Api, id: string): Promise<RecordingRecord | Problem> {
  await api.commits.recorded();
  return findRecording(api, id);
}

async function findPart({ records }: Api, id: string, n: string): Promise<PartRecord | undefined> {
  return (await records.recordingParts.of([id])).find((each) => String(each.n) === n);
}

async function findRecording({ records }: Api, id: string): Promise<RecordingRecord | Problem> {
  return (await records.recordings.get(id)) ?? problem('NO_RECORDING');
}

/** Ends a recording that is on. @returns the problem, if there is one */
async function endedFirst(api: Api, { id, workspaceId, state }: RecordingRecord): Promise<Problem | null> {
  if (state !== 'recording') return null;
  const done = await changeWorkspace(api, workspaceId, (workspace, now) =>
    workspace.recording?.id === id ? stopRecording(workspace, id, now) : refuse('NO_RECORDING'),
  );
  // With its call or its workspace the recording is over too.
  if (isProblem(done) && done.problem !== 'WORKSPACE_GONE' && done.problem !== 'NO_RECORDING') return done;
  await api.commits.recorded();
  return null;
}

function viewOf({ workspaceId, callId, startedBy, state, ...record }: RecordingRecord, film?: FilmRecord) {
  return {
    ...record,
    workspace: { id: workspaceId },
    call: { id: callId },
    startedBy: startedBy === null ? null : { id: startedBy },
    state: shownState(state),
    film: shownFilm(film),
  };
}

async function detailsOf(api: Api, recording: RecordingRecord) {
  const [parts, consents, [film]] = await Promise.all([
    api.records.recordingParts.of([recording.id]),
    api.records.recordings.consents(recording.id),
    api.records.films.of([recording.id]),
  ]);
  return {
    ...viewOf(recording, film),
    parts: await Promise.all(parts.map((part) => partView(api, part))),
    consents: consents.map(({ attendee, user, ...said }) => ({
      ...said,
      attendee: { id: attendee },
      user: refOf(user),
    })),
  };
}

async function partView({ services: { recordings } }: Api, part: PartRecord) {
  const { id: _, attendee, user, ...rest } = part;
  return {
    ...rest,
    attendee: { id: attendee },
    user: refOf(user),
    ...(await shownPart(part, recordings?.store ?? null)),
  };
}

const refOf = (user: string | null) => (user === null ? null : { id: user });
