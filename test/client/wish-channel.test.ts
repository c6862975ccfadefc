import { expect, it, vi } from 'vitest';
import { WishChannel } from '../../src/client/wish-channel.ts';
import { FakeNetwork } from './fake-rtc.ts';
import { Random } from './random.ts';

const nothing = { height: null, frameRate: null };

function channel() {
  const connection = new FakeNetwork(new Random(1)).create();
  const onWish = vi.fn();
  const wishes = new WishChannel(connection as unknown as RTCPeerConnection, onWish);
  const [sctp] = [...connection.channels.values()];
  return { wishes, onWish, receive: (data: unknown) => sctp?.fire('message', { data }) };
}

it('a wish of the other side counts until the next one', () => {
  const { wishes, onWish, receive } = channel();
  expect(wishes.received).toEqual(nothing);
  receive('{"height":180,"frameRate":12,"more":1}');
  expect(wishes.received).toEqual({ height: 180, frameRate: 12 });
  receive('{"height":0,"frameRate":null}');
  expect(wishes.received).toEqual({ height: 0, frameRate: null });
  expect(onWish).toHaveBeenCalledTimes(2);
});

it.each([
  '',
  '{',
  'null',
  '[]',
  '7',
  '{"height":180}',
  '{"height":-1,"frameRate":12}',
  '{"height":1e999,"frameRate":12}',
  '{"height":180,"frameRate":"12"}',
  new ArrayBuffer(8),
])('a message that is no wish changes nothing: %j', (data) => {
  const { wishes, onWish, receive } = channel();
  receive(data);
  expect(wishes.received).toEqual(nothing);
  expect(onWish).not.toHaveBeenCalled();
});
