import { encode } from 'uqr';
import { strings } from '../strings.ts';

/** The quiet zone that ISO/IEC 18004 asks for, in modules. */
const BORDER = 4;

/** A QR code (ISO/IEC 18004), always dark on light, because many cameras read no other. */
export function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={strings.workspace.qrImage}>
      <path d={path} shape-rendering="crispEdges" />
    </svg>
  );
}
