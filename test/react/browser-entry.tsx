/** @jsxImportSource react */
import { hydrateRoot } from 'react-dom/client';
import { App } from './app.tsx';

declare global {
  /** Puts the application into the page that a server has rendered. @returns a function that takes it away */
  var mount: (input: { url: string; token: string; name: string }) => () => void;
  /** Takes it away. */
  var takeAway: () => void;
}

globalThis.mount = (input) => {
  const place = document.getElementById('root');
  if (!place) throw new Error('The page has no place for the application.');
  const root = hydrateRoot(place, <App {...input} />, {
    onRecoverableError: (error) => console.error('React had to mend:', error),
  });
  return () => root.unmount();
};
