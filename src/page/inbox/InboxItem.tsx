import { CalendarCheck, CalendarClock, PhoneMissed } from 'lucide-preact';
import { useId, useState } from 'preact/hooks';
import type { ConsultationRecord, InboxItemRecord, UserState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { History } from '../consultations/History.tsx';
import { When } from '../parts/When.tsx';
import { dial } from '../phone/dial.ts';
import { goTo } from '../screen.ts';
import { strings } from '../strings.ts';

const icons = {
  'missed-call': PhoneMissed,
  'consultation-opened': CalendarClock,
  'consultation-closed': CalendarCheck,
} satisfies Record<InboxItemRecord['type'], unknown>;

function sentenceOf({ type, from, workspace, subject = workspace?.name ?? '' }: InboxItemRecord): string {
  const { missedCall, opened, closed, somebody } = strings.inbox;
  const name = from?.name || somebody;
  switch (type) {
    case 'missed-call':
      return missedCall(name);
    case 'consultation-opened':
      return opened(name, subject);
    case 'consultation-closed':
      return closed(name, subject);
  }
}

interface InboxItemProps {
  item: InboxItemRecord;
  user: UserState;
  isNew: boolean;
  /** Whether the consultation that it is about is open. */
  isOpen: boolean;
}

/** Something that the user missed, with the way to make up for it. */
export function InboxItem({ item, user, isNew, isOpen }: InboxItemProps) {
  const id = useId();
  const Icon = icons[item.type];
  return (
    <li class={isNew ? 'item item-new' : 'item'}>
      <span class="item-icon">
        <Icon size={20} />
      </span>
      <div class="item-text">
        <p class="item-title" id={id} dir="auto">
          {sentenceOf(item)}
        </p>
        <p class="quiet item-note">
          {isNew && <span class="item-mark">{strings.inbox.isNew}</span>}
          <When at={item.at} />
        </p>
      </div>
      <div class="item-actions">
        <Action item={item} user={user} isOpen={isOpen} describedBy={id} />
      </div>
    </li>
  );
}

function Action({ item, user, isOpen, describedBy }: Omit<InboxItemProps, 'isNew'> & { describedBy: string }) {
  const client = useClient();
  const [history, setHistory] = useState<ConsultationRecord | null>(null);
  const { from, consultation } = item;
  const button = (text: string, act: () => Promise<void>, isPrimary = false) => (
    <button
      type="button"
      class={isPrimary ? 'button button-small button-primary' : 'button button-small'}
      aria-describedby={describedBy}
      onClick={() => void attempt(act())}
    >
      {text}
    </button>
  );
  if (item.type === 'missed-call') {
    const caller = from?.user;
    if (!caller) return null;
    return button(strings.inbox.callBack, () => {
      // The phone says what became of the call.
      goTo('phone');
      return dial(client, { id: caller.id, name: from.name }, 'video');
    });
  }
  if (consultation === undefined) return null;
  if (isOpen) return button(strings.consultations.join, () => client.joinConsultation(consultation), true);
  return (
    <>
      {button(strings.consultations.history, async () => setHistory(await client.consultation({ id: consultation })))}
      {history && <History consultation={history} user={user} onClose={() => setHistory(null)} />}
    </>
  );
}
