import { Check, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { KnockRecord, SeatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Avatar, colourId } from '../parts/Avatar.tsx';
import { Switch } from '../parts/Switch.tsx';
import { strings } from '../strings.ts';
import { useServerTime } from '../use-server-time.ts';

const MINUTE = 60_000;

/** The owner's part of the waiting room: the people who wait, and whether newcomers have to. */
export function WaitingList({ seat }: { seat: SeatState }) {
  const client = useClient();
  /** What the owner has just chosen, until the server has it, or has refused it. */
  const [wish, setWish] = useState<boolean | null>(null);
  const { waiting, workspace } = seat;

  const change = async (asks: boolean) => {
    setWish(asks);
    await attempt(client.setAdmission(asks ? 'ask' : 'open'));
    setWish(null);
  };

  const admitAll = async () => {
    for (const { id } of waiting) await client.admit(id);
  };

  return (
    <section class="waiting-list" aria-label={strings.waitingRoom.title}>
      <h2>
        {strings.waitingRoom.title} {waiting.length > 0 && <span class="quiet">{waiting.length}</span>}
      </h2>
      <Switch
        label={strings.waitingRoom.ask}
        hint={strings.waitingRoom.askHint}
        isOn={wish ?? workspace.admission === 'ask'}
        onChange={(asks) => void change(asks)}
      />
      {waiting.length > 0 && <WaitingPeople waiting={waiting} />}
      {waiting.length > 1 && (
        <button type="button" class="button button-small" onClick={() => void attempt(admitAll())}>
          {strings.waitingRoom.admitAll}
        </button>
      )}
    </section>
  );
}

function WaitingPeople({ waiting }: { waiting: readonly KnockRecord[] }) {
  const now = useServerTime();
  return (
    <ul>
      {waiting.map((knock) => (
        <WaitingPerson key={knock.id} knock={knock} now={now} />
      ))}
    </ul>
  );
}

/** @param now by the clock of the server, ms */
function WaitingPerson({ knock, now }: { knock: KnockRecord; now: number }) {
  const { id, name, since } = knock;
  const minutes = Math.max(0, Math.floor((now - since) / MINUTE));
  return (
    <li class="person">
      <Avatar id={colourId(knock)} name={name} />
      <div class="person-text">
        <p class="person-name">
          <span>{name}</span>
        </p>
        <p class="quiet person-status">{strings.waitingRoom.since(minutes)}</p>
      </div>
      <Decision id={id} name={name} />
    </li>
  );
}

/** The buttons to admit somebody, and to turn somebody away. */
export function Decision({ id, name }: { id: string; name: string }) {
  const client = useClient();
  const { admit, admitName, turnAway } = strings.waitingRoom;
  return (
    <div class="decision">
      <button
        type="button"
        class="button button-small button-primary"
        aria-label={admitName(name)}
        onClick={() => void attempt(client.admit(id))}
      >
        <Check size={16} />
        {admit}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={turnAway(name)}
        title={turnAway(name)}
        onClick={() => void attempt(client.turnAway(id))}
      >
        <X size={18} />
      </button>
    </div>
  );
}
