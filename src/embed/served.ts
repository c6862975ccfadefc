import { defineMeshCall, MeshCall } from './element.ts';

export { MeshCall } from './element.ts';
export { MeshCallError } from './mesh-call-error.ts';

const { url } = import.meta;
// The page is beside /embed.js. The elements that stand in the document already are made last, and need to know it.
MeshCall.server = new URL('.', url).href;
defineMeshCall();
