import jwt from 'jsonwebtoken';
import { secrets } from '../support/built-server.ts';

/** Signs claims as the server does, or as somebody with another secret or algorithm would. */
export function signed(
  claims: object,
  secret: string = secrets.MAGICK_TOKEN,
  algorithm: jwt.Algorithm = 'HS256',
): string {
  return jwt.sign(claims, secret, { algorithm, noTimestamp: true });
}

/** When a token expires that is good for an hour: seconds since the epoch. */
export const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
