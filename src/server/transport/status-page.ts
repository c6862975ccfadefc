import { html, raw } from 'hono/html';
import { version } from '../../version.ts';

/** The page that tells a person that the server is up, and how to connect to it. It has no script. */
export function statusPage({ url, basePath, styleNonce }: { url: string; basePath: string; styleNonce: string }) {
  const options = basePath === '/' ? '' : `, { path: '${basePath}socket.io' }`;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>mesh-workspaces is up</title>
  <style nonce="${styleNonce}">
    :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
    body { max-width: 44rem; margin: 10vh auto; padding: 0 1.25rem; }
    h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: 0.25rem; }
    h1::before { content: ''; display: inline-block; width: 0.6em; height: 0.6em; margin-right: 0.5em; border-radius: 50%; background: #2a9d5c; }
    pre { overflow-x: auto; padding: 1rem 1.25rem; border-radius: 0.5rem; background: color-mix(in srgb, currentColor 8%, transparent); font: 0.9rem/1.6 ui-monospace, monospace; }
    footer { opacity: 0.7; }
  </style>
</head>
<body>
  <main>
    <h1>The signaling server is up</h1>
    <p>This is mesh-workspaces ${version}. It brings browsers together for WebRTC calls: an owner creates a workspace,
    shares its link, and rings those who attend.</p>
    <p>Clients connect with Socket.IO, version 4 or 2:</p>
    <pre><code>import { io } from 'socket.io-client';

const socket = io('${url}'${raw(options)});
socket.emit('create', { workspace: { name: 'Consultation', pin: '2468' }, attendee: { name: 'Ada' } },
  (reply) => console.log(reply));</code></pre>
    <p>The commands are described in PROTOCOL.md, which comes with the server.</p>
  </main>
  <footer><p>For monitors: <a href="healthz">healthz</a>; for balancers: <a href="readyz">readyz</a></p></footer>
</body>
</html>`;
}
