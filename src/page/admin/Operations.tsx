import { LogOut, RefreshCw } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../announcements.ts';
import { LanguageChoice } from '../parts/LanguageChoice.tsx';
import { Wordmark } from '../parts/Wordmark.tsx';
import type { Act } from './act.ts';
import { type Api, sentenceOf } from './api.ts';
import { Calls } from './Calls.tsx';
import { FailedDeliveries } from './FailedDeliveries.tsx';
import { FailedPairs } from './FailedPairs.tsx';
import { Nodes } from './Nodes.tsx';
import type { Overview } from './overview.ts';
import { strings } from './strings.ts';
import { Time } from './Time.tsx';
import { useOverview } from './use-overview.ts';
import { Workspaces } from './Workspaces.tsx';

interface OperationsProps {
  api: Api;
  first: Overview;
  /** @param why a sentence, or '' where the person signs out */
  onLeave: (why: string) => void;
}

/** The server as operators see it. */
export function Operations({ api, first, onLeave }: OperationsProps) {
  const { overview, at, error, refresh } = useOverview(api, first, onLeave);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const act: Act = async (change, done) => {
    try {
      await change(api);
      announce(done);
    } catch (failure) {
      announce(sentenceOf(failure), 'error');
    }
    refresh();
  };

  const { nodes, calls, workspaces, failedPairs, failedDeliveries } = overview;
  const nameOf = (id: string) => workspaces.value?.items.find((workspace) => workspace.id === id)?.name ?? id;
  const now = api.now();
  return (
    <div class="admin">
      <header class="admin-header">
        <Wordmark />
        <h1 ref={heading} tabIndex={-1}>
          {strings.title}
        </h1>
        <p class="quiet admin-updated">
          <Time at={at} now={now} before={strings.updated} />
        </p>
        <LanguageChoice />
        <button type="button" class="button button-small" onClick={refresh}>
          <RefreshCw size={16} />
          {strings.refresh}
        </button>
        <button type="button" class="button button-small" onClick={() => onLeave('')}>
          <LogOut size={16} />
          {strings.signOut}
        </button>
      </header>
      {error !== '' && (
        <p class="note note-error admin-error" role="alert">
          {error} {strings.tryAgain}
        </p>
      )}
      <main class="admin-main">
        <Nodes nodes={nodes} now={now} />
        <div class="admin-columns">
          <div class="admin-column">
            <Calls calls={calls} nameOf={nameOf} now={now} act={act} />
            <Workspaces api={api} workspaces={workspaces} readAt={at} act={act} />
          </div>
          <div class="admin-column">
            <FailedPairs pairs={failedPairs} nameOf={nameOf} now={now} />
            <FailedDeliveries deliveries={failedDeliveries} now={now} act={act} />
          </div>
        </div>
      </main>
    </div>
  );
}
