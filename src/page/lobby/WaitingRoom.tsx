import { WifiOff } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ServerConnection, WaitingPlace } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { LanguageChoice } from '../parts/LanguageChoice.tsx';
import { Wordmark } from '../parts/Wordmark.tsx';
import { strings } from '../strings.ts';
import { Preview } from './Preview.tsx';

interface WaitingRoomProps {
  waiting: WaitingPlace;
  connection: ServerConnection;
}

/** The page of somebody whom the owner has to admit: the place in the queue, and the own picture and sound to check. */
export function WaitingRoom({ waiting, connection }: WaitingRoomProps) {
  const client = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { title, intro, next, before, check, giveUp, offline } = strings.waitingRoom;
  return (
    <div class="lobby">
      <header class="lobby-header">
        <Wordmark />
        <LanguageChoice />
      </header>
      <main class="lobby-main">
        <Preview />
        <section class="card waiting-card">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{intro(waiting.workspace.name)}</p>
          <p class="waiting-place" role="status">
            {waiting.place === 1 ? next : before(waiting.place - 1)}
          </p>
          <p class="quiet">{check}</p>
          <div role="status">
            {connection === 'reconnecting' && (
              <div class="note note-line note-warning">
                <WifiOff size={20} />
                <div>{offline}</div>
              </div>
            )}
          </div>
          <button type="button" class="button" onClick={() => void attempt(client.giveUp())}>
            {giveUp}
          </button>
        </section>
      </main>
    </div>
  );
}
