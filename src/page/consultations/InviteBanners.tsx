import { CalendarClock, X } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import type { IncomingInvite } from '../../client/state.ts';
import { announce, attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { inviteSentence, invitesElsewhere, putAway, putInviteAway } from './invites.ts';
import { useInviteSound } from './use-invite-sound.ts';

/**
 * Tells the person of invites wherever in the page that is, and leads there.
 * @param isListed whether the list of consultations is in sight, which has them itself
 */
export function InviteBanners({ isListed }: { isListed: boolean }) {
  const client = useClient();
  const state = useObservable(client.state);
  const away = useObservable(putAway);
  const invites = invitesElsewhere(state);
  useInviteSound(invites);

  // A person who leaves a consultation knows the way back.
  const here = state.seat?.workspace.id;
  useEffect(() => {
    for (const { id, workspace } of client.state.value.invites) if (workspace.id === here) putInviteAway(id);
  }, [client, here, state.invites]);

  const shown = invites.filter(({ id, consultation }) => !away.has(id) && !(isListed && consultation !== null));
  const latest = shown.at(-1);
  const fresh = isListed ? invites.find(({ id, consultation }) => consultation !== null && !away.has(id)) : undefined;
  const freshId = fresh?.id;
  useEffect(() => {
    if (!fresh) return;
    announce(inviteSentence(fresh));
    putInviteAway(fresh.id);
  }, [freshId]);

  return (
    <div class="invite-banners" role="status">
      {latest && (
        <InviteBanner
          key={latest.id}
          invite={latest}
          others={shown.length - 1}
          isOnCall={state.call?.joined ?? false}
        />
      )}
    </div>
  );
}

interface InviteBannerProps {
  invite: IncomingInvite;
  /** How many further invites there are. */
  others: number;
  isOnCall: boolean;
}

function InviteBanner({ invite, others, isOnCall }: InviteBannerProps) {
  const client = useClient();
  const { join, leavesCall, more } = strings.invites;
  return (
    <div class="note note-line invite-banner">
      <CalendarClock size={20} />
      <div>
        <p id="invite-sentence" dir="auto">
          {inviteSentence(invite)}
        </p>
        {isOnCall && <p class="quiet">{leavesCall}</p>}
        {others > 0 && <p class="quiet">{more(others)}</p>}
      </div>
      <button
        type="button"
        class="button button-small button-primary"
        aria-describedby="invite-sentence"
        onClick={() => void attempt(client.accept(invite))}
      >
        {join}
      </button>
      <button type="button" class="icon-button" aria-label={strings.close} onClick={() => putInviteAway(invite.id)}>
        <X size={18} />
      </button>
    </div>
  );
}
