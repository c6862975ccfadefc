import { Phone, Video } from 'lucide-preact';
import { useId } from 'preact/hooks';
import { strings } from '../strings.ts';
import type { Media } from './dial.ts';

const kinds = ['video', 'audio'] as const;

/** Lets the person choose between a call with pictures and one with sound alone. */
export function MediaChoice({ media, onChange }: { media: Media; onChange: (media: Media) => void }) {
  const name = useId();
  return (
    <fieldset class="media-choice">
      <legend class="visually-hidden">{strings.phone.kind}</legend>
      {kinds.map((kind) => (
        <label key={kind}>
          <input type="radio" name={name} checked={kind === media} onChange={() => onChange(kind)} />
          {kind === 'video' ? <Video size={18} /> : <Phone size={18} />}
          {strings.phone.kinds[kind]}
        </label>
      ))}
    </fieldset>
  );
}
