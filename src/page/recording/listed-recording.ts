import type { RecordingList } from '../../client/mesh-client.ts';

/** A recording as its owner finds it. */
export type ListedRecording = RecordingList['recordings'][number];
