import type { CommandOutput } from '../../../src/protocol/types.ts';
import { type Reachable, type Seat, seat } from '../../support/fixtures.ts';

/** Opens a link as the page does: what follows the # is the token. */
export async function open(
  server: Reachable,
  url: string,
  attendee: { name?: string } = {},
  pin?: string,
): Promise<Seat & { granted: CommandOutput<'attend'> }> {
  const client = await server.connect();
  const workspace = { token: new URL(url).hash.slice(1), ...(pin === undefined ? {} : { pin }) };
  const granted = await client.must('attend', { workspace, attendee });
  await client.notice('iceservers');
  return { ...seat(client, granted.workspace.id, granted.attendee.id, granted.accessToken), granted };
}
