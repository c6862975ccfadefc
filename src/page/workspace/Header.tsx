import type { Ref } from 'preact';
import type { CallState, ServerConnection } from '../../client/state.ts';
import { LanguageChoice } from '../parts/LanguageChoice.tsx';
import { MeshSign } from '../parts/Wordmark.tsx';
import { strings } from '../strings.ts';
import { CallTimer } from './CallTimer.tsx';

interface HeaderProps {
  name: string;
  /** Whether to say that it is a consultation, which its name does not. */
  isConsultation: boolean;
  call: CallState | null;
  connection: ServerConnection;
  headingRef: Ref<HTMLHeadingElement>;
}

export function Header({ name, isConsultation, call, connection, headingRef }: HeaderProps) {
  const text = strings.server[connection];
  return (
    <header class="workspace-header">
      <MeshSign />
      <h1 ref={headingRef} tabIndex={-1}>
        {name}
      </h1>
      {isConsultation && <p class="quiet workspace-kind">{strings.consultations.untitled}</p>}
      {call?.joined && <CallTimer call={call} />}
      <p class={`server server-${connection}`} title={strings.serverLabel(text)}>
        <span class="server-dot" />
        <span class="server-text">{text}</span>
      </p>
      <LanguageChoice />
    </header>
  );
}
