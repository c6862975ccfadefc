/** @jsxImportSource react */
import { renderToString } from 'react-dom/server';
import { App } from './app.tsx';

/** The application as a server renders it. */
export const html = (input: { url: string; token: string; name: string }): string => renderToString(<App {...input} />);
