import { Bell, BellOff } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { strings } from '../strings.ts';

/** Asks whether the browser may show calls while the page is hidden, and says what the person has said to it. */
export function NotificationChoice() {
  const isPossible = 'Notification' in globalThis && isSecureContext;
  const [permission, setPermission] = useState(isPossible ? Notification.permission : 'denied');
  if (!isPossible) return null;
  const { ask, allowed, refused } = strings.phone.notifications;
  if (permission === 'default') {
    return (
      <button
        type="button"
        class="button button-small"
        onClick={() => void Notification.requestPermission().then(setPermission)}
      >
        <Bell size={16} />
        {ask}
      </button>
    );
  }
  const isAllowed = permission === 'granted';
  return (
    <p class="phone-hint" role="status">
      {isAllowed ? <Bell size={16} /> : <BellOff size={16} />}
      {isAllowed ? allowed : refused}
    </p>
  );
}
