import { render } from 'preact';
import { MeshClient } from '../client/mesh-client.ts';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/buttons.css';
import './styles/fields.css';
import './styles/notes.css';
import './styles/dialog.css';
import './styles/announcer.css';
import './styles/avatar.css';
import './styles/control-button.css';
import './styles/language-choice.css';
import './styles/wordmark.css';
import './styles/card.css';
import './styles/lobby.css';
import './styles/preview.css';
import './styles/workspace.css';
import './styles/controls.css';
import './styles/panel.css';
import './styles/invitation.css';
import './styles/people.css';
import './styles/chat.css';
import './styles/incoming-call.css';
import './styles/switch.css';
import './styles/waiting.css';
import './styles/screens.css';
import './styles/phone.css';
import './styles/list.css';
import './styles/stage.css';
import './styles/recording.css';
import './styles/embed.css';
import { App } from './App.tsx';
import { ClientContext } from './client-context.ts';
import { HostFollower } from './embed/follow-host.ts';
import { embedOrigins, meetHost } from './embed/meet-host.ts';
import { holdInvitation, takeUserToken } from './invitation.ts';
import { preferredLanguage, setLanguage } from './language.ts';
import { followOwnRecordings } from './recording/owned-recordings.ts';
import { recordFor } from './recording/page-recorder.ts';
import { rememberedWish } from './remembered.ts';
import { followAddress } from './screen.ts';
import type { Entrance } from './user/use-entrance.ts';

const hosts = embedOrigins();
const isFrame = hosts.length > 0;

// The page may stand under any path of a proxy, and Socket.IO stands beside it.
const client = new MeshClient({
  path: new URL('socket.io', document.baseURI).pathname,
  // In a frame, the page around this one says who the person is, and who was an owner in this browser does not matter.
  ...(isFrame ? { ownerStorage: null } : {}),
});
client.media.state.subscribe(({ wish }) => rememberedWish.set(wish));
recordFor(client);
followOwnRecordings(client);
let entrances = 0;

function draw(entrance: Entrance): void {
  const place = document.getElementById('page');
  if (!place) return;
  entrances += 1;
  render(
    <ClientContext.Provider value={client}>
      <App key={entrances} entrance={entrance} />
    </ClientContext.Provider>,
    place,
  );
}

function openPage(): void {
  const entrance = { userToken: takeUserToken(), host: null };
  followAddress();
  const show = () => draw(entrance);
  // Without the words of that language, the page is in English.
  void setLanguage(preferredLanguage()).then(show, show);
}

if (!isFrame) openPage();
// The document for frames, in a tab of its own.
else if (parent === window) location.replace(new URL('.', document.baseURI));
else {
  holdInvitation('');
  void meetHost(hosts).then((port) => new HostFollower(client, port, draw));
}
