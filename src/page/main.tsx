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
import { App } from './App.tsx';
import { ClientContext } from './client-context.ts';
import { takeUserToken } from './invitation.ts';
import { preferredLanguage, setLanguage } from './language.ts';
import { recordFor } from './recording/page-recorder.ts';
import { rememberedWish } from './remembered.ts';
import { followAddress } from './screen.ts';

const userToken = takeUserToken();
followAddress();

// The page may stand under any path of a proxy, and Socket.IO stands beside it.
const client = new MeshClient({ path: new URL('socket.io', document.baseURI).pathname });
client.media.state.subscribe(({ wish }) => rememberedWish.set(wish));
recordFor(client);

function draw(): void {
  const place = document.getElementById('page');
  if (!place) return;
  render(
    <ClientContext.Provider value={client}>
      <App userToken={userToken} />
    </ClientContext.Provider>,
    place,
  );
}

// Without the words of that language, the page is in English.
void setLanguage(preferredLanguage()).then(draw, draw);
