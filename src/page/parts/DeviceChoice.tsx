import { useId } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

interface DeviceSelectProps {
  kind: 'microphone' | 'camera';
  devices: readonly MediaDeviceInfo[];
  chosen: string | null;
}

function DeviceSelect({ kind, devices, chosen }: DeviceSelectProps) {
  const { media } = useClient();
  const id = useId();
  const none = kind === 'microphone' ? strings.media.noMicrophone : strings.media.noCamera;
  // Until the person allows access, browsers list devices without ids and labels.
  const known = devices.filter(({ deviceId }) => deviceId !== '');
  return (
    <div class="field">
      <label for={id}>{strings.media[kind]}</label>
      <select
        id={id}
        value={chosen ?? ''}
        disabled={known.length === 0}
        onChange={(event) => void media.useDevice(kind, event.currentTarget.value)}
      >
        {!chosen && <option value="">{none}</option>}
        {known.map(({ deviceId, label }, index) => (
          <option key={deviceId} value={deviceId}>
            {label || strings.media.unnamedDevice(index + 1)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Lets the person choose microphone and camera. */
export function DeviceChoice() {
  const { media } = useClient();
  const { devices, chosen } = useObservable(media.state);
  return (
    <div class="device-choice">
      <DeviceSelect kind="microphone" devices={devices.microphones} chosen={chosen.microphone} />
      <DeviceSelect kind="camera" devices={devices.cameras} chosen={chosen.camera} />
    </div>
  );
}
