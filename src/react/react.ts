'use client';

export { MeshProvider, type MeshProviderProps, useMeshClient } from './mesh-provider.ts';
export { useCall } from './use-call.ts';
export { useChat } from './use-chat.ts';
export { useConsultation } from './use-consultation.ts';
export { useMedia } from './use-media.ts';
export { useMesh, useMeshEvent } from './use-mesh.ts';
export { type Peer, usePeers } from './use-peers.ts';
export { usePhone } from './use-phone.ts';
export { useSeat } from './use-seat.ts';
export { Video, type VideoProps } from './video.ts';
