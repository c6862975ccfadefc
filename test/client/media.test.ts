import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalMedia } from '../../src/client/media.ts';
import { pass, useVirtualTime } from './clock.ts';
import { FakeDevices } from './fake-devices.ts';
import { FakeMediaStream } from './fake-rtc.ts';
import { Random } from './random.ts';

let devices: FakeDevices;
let media: LocalMedia;

beforeEach(() => {
  useVirtualTime();
  devices = new FakeDevices();
  vi.stubGlobal('MediaStream', FakeMediaStream);
  vi.stubGlobal('navigator', { mediaDevices: devices.mediaDevices });
  media = new LocalMedia();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Waits for all questions to the person, and every one that follows. */
const answered = () => pass(10_000);

describe('While the browser still asks the person', () => {
  const wishes: [string, () => unknown, string[]][] = [
    ['close', () => media.close(), []],
    ['the camera off', () => media.setCamera(false), ['mic1']],
    ['mute', () => media.setMicrophone(false), ['cam1', 'mic1 muted']],
    ['mute and camera off', () => [media.setMicrophone(false), media.setCamera(false)], ['mic1 muted']],
    ['mute and unmute', () => [media.setMicrophone(false), media.setMicrophone(true)], ['cam1', 'mic1']],
    ['the camera off and on', () => [media.setCamera(false), media.setCamera(true)], ['cam1', 'mic1']],
    ['another camera', () => media.useDevice('camera', 'cam2'), ['cam2', 'mic1']],
    ['another microphone', () => media.useDevice('microphone', 'mic2'), ['cam1', 'mic2']],
    ['open once more', () => media.open(), ['cam1', 'mic1']],
    ['open with others', () => media.open({ camera: 'cam2', microphone: 'mic2' }), ['cam2', 'mic2']],
    ['open without camera', () => media.open({ cameraOff: true, muted: true }), ['mic1 muted']],
    ['close and open', () => [media.close(), media.open()], ['cam1', 'mic1']],
    ['close and camera on', () => [media.close(), media.setCamera(true)], ['cam1']],
    ['close, open and close', () => [media.close(), media.open(), media.close()], []],
  ];
  for (const oneAtATime of [false, true]) {
    it.each(wishes)(
      `the last wish counts for each device: %s (${oneAtATime ? 'one' : 'more'} at a time)`,
      async (_, wish, open) => {
        if (oneAtATime) for (const kind of ['audio', 'video'] as const) devices.oneAtATime.add(kind);
        // Of two requests the second one is answered first.
        const answers = [300, 100];
        devices.answerMs = () => answers.shift() ?? 200;
        void media.open();
        await pass(50);
        wish();
        await answered();
        expect(devices.open).toEqual(open);
        const { microphone, camera, opening, problem } = media.state.value;
        expect({ microphone, camera }).toEqual({
          microphone: open.some((id) => /^mic\d$/.test(id)),
          camera: open.some((id) => id.startsWith('cam')),
        });
        expect(opening).toEqual({ microphone: false, camera: false });
        expect(problem).toBeNull();
      },
    );
  }

  it('one question is enough for two calls of open', async () => {
    void media.open();
    void media.open();
    await answered();
    expect(devices.asked).toEqual(['audio, video']);
  });

  it('a wish that was refused after it was taken back is no problem', async () => {
    devices.refused.add('video').add('audio');
    void media.open();
    await pass(50);
    media.close();
    await answered();
    expect(media.state.value.problem).toBeNull();
  });

  it('a screen that is not wanted any more is not shared', async () => {
    for (const takeBack of [() => media.stopScreen(), () => media.close()]) {
      void media.shareScreen();
      await pass(50);
      takeBack();
      await answered();
      expect(devices.live()).toEqual([]);
      expect(media.state.value.screen).toBe(false);
    }
    void media.shareScreen();
    await pass(50);
    void media.shareScreen();
    await answered();
    expect(devices.open).toEqual(['screen']);
  });

  it('the state tells that it does', async () => {
    void media.open();
    expect(media.state.value.opening).toEqual({ microphone: true, camera: true });
    void media.setCamera(false);
    expect(media.state.value.opening).toEqual({ microphone: true, camera: false });
  });
});

describe('Only the wanted devices are turned on', () => {
  it('when the camera was busy at first, and the microphone is muted', async () => {
    devices.busy.add('cam1');
    void media.open();
    await answered();
    expect(media.state.value).toMatchObject({ microphone: true, camera: false, problem: 'device-busy' });
    void media.setMicrophone(false);
    void media.setCamera(true);
    await answered();
    expect(devices.open).toEqual(['mic1 muted']);
    devices.busy.clear();
    devices.asked.length = 0;
    void media.setCamera(true);
    await answered();
    expect(devices.asked).toEqual(['video']);
    expect(devices.open).toEqual(['cam1', 'mic1 muted']);
    expect(media.state.value).toMatchObject({ microphone: false, hasMicrophone: true, camera: true, problem: null });
  });

  it('when the microphone was missing at first, and the camera is off', async () => {
    devices.busy.add('mic1');
    void media.open();
    await answered();
    void media.setCamera(false);
    devices.busy.clear();
    devices.asked.length = 0;
    void media.setMicrophone(true);
    await answered();
    expect(devices.asked).toEqual(['audio']);
    expect(devices.open).toEqual(['mic1']);
  });

  it.each<[string, () => unknown]>([
    ['open', () => media.open()],
    ['close and open', () => [media.close(), media.open()]],
    ['another microphone', () => media.useDevice('microphone', 'mic2')],
    ['another camera', () => media.useDevice('camera', 'cam2')],
    ['an unplugged microphone, and open', () => [devices.pullOut('mic1'), media.open()]],
    [
      'an unplugged microphone, and another one',
      () => [devices.pullOut('mic1'), media.useDevice('microphone', 'mic2')],
    ],
  ])('mute and camera off outlive %s', async (_, reopen) => {
    void media.open();
    await answered();
    void media.setMicrophone(false);
    void media.setCamera(false);
    devices.asked.length = 0;
    reopen();
    await answered();
    expect(devices.open).toEqual([expect.stringMatching(/^mic\d muted$/)]);
    expect(devices.asked.join()).not.toContain('video');
  });

  it('after a reload: a camera that was off is not even asked for', async () => {
    void media.open({ microphone: 'mic2', camera: 'cam2' });
    await answered();
    void media.setMicrophone(false);
    void media.setCamera(false);
    const { wish } = media.state.value;
    expect(wish).toEqual({ microphone: 'mic2', camera: 'cam2', muted: true, cameraOff: true });
    media.close();
    devices.asked.length = 0;
    media = new LocalMedia();
    void media.open(wish);
    await answered();
    expect(devices.asked).toEqual(['audio mic2']);
    expect(devices.open).toEqual(['mic2 muted']);
    void media.setCamera(true);
    await answered();
    expect(devices.open).toEqual(['cam2', 'mic2 muted']);
  });

  it('by plugging in: a device comes back when the person turns it on', async () => {
    void media.open();
    await answered();
    devices.pullOut('cam1');
    await answered();
    expect(devices.open).toEqual(['mic1']);
    expect(media.state.value.camera).toBe(false);
    void media.setCamera(true);
    await answered();
    // Another camera will do, but the chosen one is remembered.
    expect(devices.open).toEqual(['cam2', 'mic1']);
    expect(media.state.value.chosen.camera).toBe('cam2');
    expect(media.state.value.wish.camera).toBe('cam1');
  });

  it('where the page may use no devices', async () => {
    vi.stubGlobal('navigator', {});
    for (const attempt of [
      () => media.open(),
      () => media.setCamera(true),
      () => media.setMicrophone(true),
      () => media.useDevice('camera', 'cam1'),
    ]) {
      await attempt();
      expect(media.state.value.problem).toBe('insecure-page');
    }
    await media.shareScreen();
    media.close();
    expect(media.state.value).toMatchObject({ screen: false, stream: null, problem: null });
  });
});

describe('Where one device of a kind can be open at a time', () => {
  beforeEach(async () => {
    devices.oneAtATime.add('audio').add('video');
    void media.open();
    await answered();
  });

  it.each([
    ['camera', 'cam2', ['cam2', 'mic1']],
    ['microphone', 'mic2', ['cam1', 'mic2']],
  ] as const)('another %s takes the place of the former one', async (kind, id, open) => {
    const seen = new Set<boolean>();
    media.state.subscribe(({ [kind]: on }) => seen.add(on));
    void media.setMicrophone(true);
    void media.useDevice(kind, id);
    await answered();
    expect(devices.open).toEqual(open);
    expect(media.state.value).toMatchObject({ problem: null, chosen: { [kind]: id }, wish: { [kind]: id } });
    expect(seen).toEqual(new Set([true]));
  });

  it.each([
    ['camera', 'cam2', 'cam1'],
    ['microphone', 'mic2', 'mic1'],
  ] as const)('the former %s is opened again if the other one is busy', async (kind, id, former) => {
    devices.busy.add(id);
    void media.setMicrophone(false);
    void media.useDevice(kind, id);
    await answered();
    expect(devices.open).toEqual(['cam1', 'mic1 muted']);
    expect(media.state.value).toMatchObject({
      problem: 'device-busy',
      chosen: { [kind]: former },
      wish: { [kind]: former },
    });
  });

  it('the former camera is opened again if another one that the host asks for is busy', async () => {
    devices.busy.add('cam2');
    void media.open({ camera: 'cam2' });
    await answered();
    expect(devices.open).toEqual(['cam1', 'mic1']);
    expect(media.state.value).toMatchObject({ camera: true, problem: 'device-busy', chosen: { camera: 'cam1' } });
  });

  it('a device that is missing or refused costs the former one no moment', async () => {
    const [camera] = devices.live('video');
    void media.useDevice('camera', 'cam9');
    await answered();
    expect(media.state.value.problem).toBe('no-device');
    devices.refused.add('video');
    void media.useDevice('camera', 'cam2');
    await answered();
    expect(media.state.value.problem).toBe('permission-denied');
    expect(devices.live('video')).toEqual([camera]);
    expect(media.state.value.wish.camera).toBe('cam1');
  });

  it('the camera that was turned off while it was changed stays off', async () => {
    devices.busy.add('cam2');
    for (const after of [50, 150, 250]) {
      void media.useDevice('camera', 'cam2');
      await pass(after);
      void media.setCamera(false);
      await answered();
      expect(devices.open).toEqual(['mic1']);
      devices.busy.clear();
      void media.open({ camera: 'cam1', cameraOff: false });
      await answered();
      expect(devices.open).toEqual(['cam1', 'mic1']);
      devices.busy.add('cam2');
    }
  });
});

describe('After any number of wishes', () => {
  it('exactly the wanted devices are open, and none was ever heard or seen against a wish', async () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = new Random(seed);
      devices = new FakeDevices();
      vi.stubGlobal('navigator', { mediaDevices: devices.mediaDevices });
      devices.answerMs = () => random.between(1, 400);
      if (random.chance(0.5)) devices.oneAtATime.add('audio').add('video');
      media = new LocalMedia();
      const want = { isOpen: false, muted: false, camera: false, cameraOff: false, screen: false };
      const steps: (() => void)[] = [
        () => {
          Object.assign(want, { isOpen: true, camera: !want.cameraOff });
          void media.open();
        },
        () => {
          Object.assign(want, { isOpen: false, camera: false, screen: false });
          media.close();
        },
        () => {
          Object.assign(want, { camera: true, cameraOff: false });
          void media.setCamera(true);
        },
        () => {
          Object.assign(want, { camera: false, cameraOff: true });
          void media.setCamera(false);
        },
        () => {
          want.muted = false;
          void media.setMicrophone(true);
        },
        () => {
          want.muted = true;
          void media.setMicrophone(false);
        },
        () => {
          want.screen = true;
          void media.shareScreen();
        },
        () => {
          want.screen = false;
          media.stopScreen();
        },
        () => want.camera && void media.useDevice('camera', random.pick(['cam1', 'cam2'])),
        () => want.isOpen && void media.useDevice('microphone', random.pick(['mic1', 'mic2'])),
      ];
      for (let count = random.whole(1, 12); count > 0; count -= 1) {
        random.pick(steps)();
        await pass(random.between(0, 300));
        const heard = media.tracks.audio as unknown as { enabled: boolean } | null;
        if (want.muted || !want.isOpen) expect(heard?.enabled ?? false, `seed ${seed}`).toBe(false);
      }
      await answered();
      const { stream, microphone, camera, screen, opening, problem } = media.state.value;
      const told = { hasMicrophone: devices.live('audio').length, microphone, camera, screen, opening, problem };
      expect(told, `seed ${seed}`).toEqual({
        hasMicrophone: want.isOpen ? 1 : 0,
        microphone: want.isOpen && !want.muted,
        camera: want.camera,
        screen: want.screen,
        opening: { microphone: false, camera: false },
        problem: null,
      });
      expect(devices.live('video').length, `seed ${seed}`).toBe(Number(want.camera) + Number(want.screen));
      expect(stream === null, `seed ${seed}`).toBe(!want.isOpen && !want.camera && !want.screen);
    }
  });
});
