import { isRefusal } from '../../protocol/errors.ts';
import { iceServersFor } from './arrival.ts';
import type { Handler } from './handler.ts';

/** TURN costs its operator, so only seats get TURN servers. A client without a seat gets STUN servers, and no error. */
export const iceservers: Handler<'iceservers'> = async ({ services, claims, enter }, input) => {
  const stun = { output: { iceServers: services.ice.stun() } };
  const proof = input.accessToken === undefined ? null : claims(input.accessToken);
  if (proof === null || isRefusal(proof)) return stun;
  if (proof.workspace !== input.workspace?.id || proof.attendee !== input.attendee?.id) return stun;
  if (await enter(proof)) return stun;
  const iceServers = await iceServersFor(services, proof.attendee);
  return isRefusal(iceServers) ? iceServers : { output: { iceServers } };
};
