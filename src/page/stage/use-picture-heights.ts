import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import type { Box } from './layout.ts';

/** The proportions of a camera's picture. */
const CAMERA = 16 / 9;

interface ShownPicture {
  readonly id: string;
  readonly box: Box | undefined;
  /** Whether the tile shows the picture whole; else the picture covers the tile. */
  readonly isWhole: boolean;
}

/** The height in device pixels that a picture needs so that its tile shows it sharp; 0 without a tile. */
function heightOf({ box, isWhole }: Omit<ShownPicture, 'id'>, pixelRatio: number): number {
  if (!box) return 0;
  const byWidth = box.width / CAMERA;
  const height = isWhole ? Math.min(box.height, byWidth) : Math.max(box.height, byWidth);
  return Math.round(height * pixelRatio);
}

/** Tells each participant how large this page shows its picture; a hidden tab shows none. */
export function usePictureHeights(pictures: readonly ShownPicture[]): void {
  const client = useClient();
  const isVisible = useVisibility();
  const heights = pictures.map(
    ({ id, ...picture }) => [id, isVisible ? heightOf(picture, devicePixelRatio) : 0] as const,
  );
  const wanted = JSON.stringify(heights);
  useEffect(() => {
    for (const [id, height] of JSON.parse(wanted) as typeof heights) client.showPicture(id, height);
  }, [client, wanted]);
}

/** Whether somebody can see the page. A picture that lies over other windows shows a part of it. */
function useVisibility(): boolean {
  const look = () => !document.hidden || document.pictureInPictureElement != null;
  const [isVisible, setVisible] = useState(look);
  useEffect(() => {
    const onChange = () => setVisible(look());
    const events = ['visibilitychange', 'enterpictureinpicture', 'leavepictureinpicture'];
    for (const event of events) document.addEventListener(event, onChange);
    return () => {
      for (const event of events) document.removeEventListener(event, onChange);
    };
  }, []);
  return isVisible;
}
