import {
  createElement,
  type ForwardRefExoticComponent,
  forwardRef,
  type RefAttributes,
  useEffect,
  useImperativeHandle,
  useRef,
  type VideoHTMLAttributes,
} from 'react';
import { useStore } from './mesh-provider.ts';
import { useMediaState } from './use-media.ts';
import { useMesh } from './use-mesh.ts';

/** What `Video` takes: what `<video>` takes, but no `src`. */
export interface VideoProps extends Omit<VideoHTMLAttributes<HTMLVideoElement>, 'src'> {
  /** A peer of `usePeers`, or its id; left out: the own picture, without its sound. */
  readonly peer?: string | { readonly id: string };
}

/** Picture and sound of somebody, in a `<video>`. It tells the sender how large it is, so that nobody sends more than is shown. */
export const Video: ForwardRefExoticComponent<VideoProps & RefAttributes<HTMLVideoElement>> = forwardRef(function Video(
  { peer, ...attributes }: VideoProps,
  ref,
) {
  const store = useStore();
  const video = useRef<HTMLVideoElement>(null);
  const id = typeof peer === 'object' ? peer.id : peer;
  const theirs = useMesh(({ peers }) => (id === undefined ? null : (peers[id]?.stream ?? null)));
  const { stream: own } = useMediaState();
  const stream = id === undefined ? own : theirs;
  useImperativeHandle(ref, () => video.current as HTMLVideoElement);
  useEffect(() => {
    if (!video.current) return;
    const element = video.current;
    element.srcObject = stream;
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    if (id === undefined || !video.current) return;
    const { client } = store;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) client.showPicture(id, Math.round(entry.contentRect.height * devicePixelRatio));
    });
    observer.observe(video.current);
    return () => {
      observer.disconnect();
      client.showPicture(id, null);
    };
  }, [store, id]);
  return createElement('video', {
    autoPlay: true,
    playsInline: true,
    muted: id === undefined,
    ...attributes,
    ref: video,
  });
});
