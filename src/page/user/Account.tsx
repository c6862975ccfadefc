import { LogOut } from 'lucide-preact';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { rememberedUserToken } from '../remembered.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

/** Says who has signed in, and signs out. Guests have none. */
export function Account() {
  const client = useClient();
  const { user } = useObservable(client.state);
  if (!user) return null;
  const signOut = async () => {
    rememberedUserToken.set('');
    await client.signOut();
  };
  return (
    <div class="account">
      <Avatar id={user.id} name={user.name} />
      <span class="account-name" title={strings.signIn.as(user.name)}>
        {user.name}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={strings.signIn.signOut}
        title={strings.signIn.signOut}
        onClick={() => void attempt(signOut())}
      >
        <LogOut size={18} />
      </button>
    </div>
  );
}
