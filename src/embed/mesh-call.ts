import { defineMeshCall } from './element.ts';

export { MeshCall } from './element.ts';
export { MeshCallError } from './mesh-call-error.ts';
export type { Events as MeshCallEvents, Failure as MeshCallFailure } from './messages.ts';

defineMeshCall();
