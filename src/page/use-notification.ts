import { useEffect } from 'preact/hooks';

/** Shows a notification of the browser if the page is hidden and the person has allowed it, until the component goes. */
export function useNotification(title: string, body: string): void {
  useEffect(() => {
    if (!document.hidden) return;
    const notification = notify(title, body);
    return () => notification?.close();
  }, [title, body]);
}

function notify(title: string, body: string): Notification | null {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return null;
  try {
    const notification = new Notification(title, { body, tag: title, requireInteraction: true });
    notification.onclick = () => {
      focus();
      notification.close();
    };
    return notification;
  } catch {
    // Chrome on Android lets only service workers do it. It rings all the same.
    return null;
  }
}
