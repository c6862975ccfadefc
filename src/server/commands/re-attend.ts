import { find } from '../domain/change.ts';
import { reattend } from '../domain/seat.ts';
import { anonymous, arrivalOf, grant, iceServersFor, profileOf, sessionOf } from './arrival.ts';
import type { Handler } from './handler.ts';

export const reAttend: Handler<'re-attend'> = async (context, input) => {
  const { services, sender } = context;
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    seats: sender.attendee,
    iceServers: await iceServersFor(services, sender.attendee),
    decide: (workspace, now) => {
      const { owner } = workspace;
      const known = find(workspace, sender.attendee) ?? (owner.id === sender.attendee ? owner : null);
      const profile = profileOf(sender.attendee, input.attendee, known ?? anonymous(services.config.settings));
      return reattend(workspace, arrivalOf(context, profile, sessionOf(input)), now);
    },
    output: (workspace) => ({ ...grant(services, workspace, sender.attendee, input.nonce), call: null }),
  };
};
