/** How somebody in the pictures looks. Colours are those of CSS. */
export interface Portrait {
  readonly skin: string;
  readonly hair: string;
  readonly cut: 'short' | 'long' | 'curly' | 'bun';
  readonly shirt: string;
  readonly wall: string;
  readonly hasGlasses?: boolean;
  readonly hasBeard?: boolean;
  /** Whether the microphone hears a voice. */
  readonly speaks?: boolean;
}

export const ada: Portrait = {
  skin: '#f0c4a0',
  hair: '#5a3320',
  cut: 'bun',
  shirt: '#f4f6f8',
  wall: '#9db9b0',
  hasGlasses: true,
  speaks: true,
};

export const bob: Portrait = {
  skin: '#f2cfb0',
  hair: '#c99a4b',
  cut: 'short',
  shirt: '#31567f',
  wall: '#cdb79c',
  hasBeard: true,
};

export const chidi: Portrait = { skin: '#7c4f33', hair: '#1d1512', cut: 'curly', shirt: '#c8643c', wall: '#8fa3bf' };

export const mei: Portrait = { skin: '#f1cfa6', hair: '#1c1a1e', cut: 'long', shirt: '#7a5aa6', wall: '#b9c7a4' };

/** The camera and the microphone of somebody, as pages know them. */
export interface Devices {
  readonly portrait: Portrait;
  /** The height of the camera's picture in pixels, and its pictures a second. */
  readonly height: number;
  readonly frameRate: number;
}

/** Runs in a page: gives it a camera that films a drawn person, and a microphone. */
export function openDevices({ portrait, height, frameRate }: Devices): void {
  const { mediaDevices } = navigator;
  // about:blank has none.
  if (!mediaDevices) return;
  const width = (height * 16) / 9;
  const { skin, hair, cut, shirt, wall, hasGlasses, hasBeard, speaks } = portrait;

  /** Draws in units of a picture of 640 x 360. @param sway how far the head is from its place */
  function draw(context: OffscreenCanvasRenderingContext2D, sway: number): void {
    const fill = (colour: string, path: () => void) => {
      context.fillStyle = colour;
      context.beginPath();
      path();
      context.fill();
    };
    const line = (colour: string, size: number, path: () => void) => {
      context.strokeStyle = colour;
      context.lineWidth = size;
      context.beginPath();
      path();
      context.stroke();
    };
    const oval = (x: number, y: number, rx: number, ry: number, from = 0, to = 2 * Math.PI) =>
      context.ellipse(x, y, rx, ry, 0, from, to);
    const shade = (colour: string, share: number) => `color-mix(in srgb, ${colour} ${100 - share}%, #2a1a14)`;

    // The room, out of focus.
    context.filter = 'blur(7px)';
    fill(wall, () => context.rect(-20, -20, 680, 400));
    fill(`color-mix(in srgb, ${wall} 45%, #ffffff)`, () => context.roundRect(40, 20, 130, 190, 6));
    fill(shade(wall, 30), () => context.rect(470, 92, 150, 10));
    fill(shade(wall, 30), () => context.rect(470, 190, 150, 10));
    for (const [at, colour] of ['#a8584b', '#4d6f8f', '#d9b25f', '#5f8f6f'].entries()) {
      fill(colour, () => context.rect(486 + at * 21, 40 + (at % 3) * 6, 17, 52 - (at % 3) * 6));
    }
    fill('#4f8058', () => oval(580, 160, 26, 30));
    context.filter = 'none';

    context.lineCap = 'round';
    if (cut === 'long') fill(hair, () => context.roundRect(222 + sway, 80, 196, 250, 96));
    if (cut === 'bun') fill(hair, () => oval(320 + sway, 62, 40, 36));
    fill(shade(skin, 18), () => context.roundRect(286, 210, 68, 90, 30));
    fill(shirt, () => context.roundRect(148, 276, 344, 200, 96));
    fill(shade(skin, 18), () => oval(320, 276, 42, 26));

    const x = 320 + sway;
    for (const side of [-1, 1]) fill(shade(skin, 10), () => oval(x + side * 80, 172, 13, 20));
    if (cut === 'curly') {
      for (let turn = 0; turn <= 12; turn += 1) {
        const angle = Math.PI + (turn / 12) * Math.PI;
        fill(hair, () => oval(x + Math.cos(angle) * 76, 138 + Math.sin(angle) * 62, 25, 25));
      }
    }
    if (cut === 'short' || cut === 'bun') fill(hair, () => oval(x, 142, 86, 86, Math.PI, 0));
    fill(skin, () => oval(x, 166, 78, 98));
    // Hair over the forehead.
    fill(hair, () => {
      context.moveTo(x - 80, 154);
      context.bezierCurveTo(x - 86, 14, x + 86, 14, x + 80, 154);
      context.bezierCurveTo(x + 70, 108, x + 24, 104, x - 6, 100);
      context.bezierCurveTo(x - 40, 98, x - 70, 116, x - 80, 154);
    });
    if (hasBeard) {
      fill(shade(hair, 15), () => {
        context.moveTo(x - 77, 186);
        context.bezierCurveTo(x - 70, 290, x + 70, 290, x + 77, 186);
        context.bezierCurveTo(x + 50, 222, x + 40, 206, x, 204);
        context.bezierCurveTo(x - 40, 206, x - 50, 222, x - 77, 186);
      });
    }
    for (const side of [-1, 1]) {
      fill('#ffffff', () => oval(x + side * 30, 166, 12, 8));
      fill('#2b1d18', () => oval(x + side * 30, 166, 6.5, 7));
      line(shade(hair, 20), 5, () => {
        context.moveTo(x + side * 16, 148);
        context.quadraticCurveTo(x + side * 32, 140, x + side * 46, 149);
      });
      if (hasGlasses) line('#33404a', 4, () => context.roundRect(x + side * 31 - 22, 150, 44, 34, 14));
    }
    if (hasGlasses) line('#33404a', 4, () => context.rect(x - 9, 162, 18, 0));
    line(shade(skin, 28), 4, () => {
      context.moveTo(x, 170);
      context.quadraticCurveTo(x + 9, 194, x - 3, 196);
    });
    fill('#8e3b3b', () => {
      context.moveTo(x - 27, 219);
      context.quadraticCurveTo(x, 226, x + 27, 219);
      context.quadraticCurveTo(x, 252, x - 27, 219);
    });
    fill('#ffffff', () => {
      context.moveTo(x - 22, 221);
      context.quadraticCurveTo(x, 227, x + 22, 221);
      context.quadraticCurveTo(x, 234, x - 22, 221);
    });
  }

  function camera(): MediaStreamTrack {
    const canvas = new OffscreenCanvas(width, height);
    const screen = Object.assign(document.createElement('canvas'), { width, height });
    const [context, shown] = [canvas.getContext('2d'), screen.getContext('2d')];
    if (!context || !shown) throw new Error('This browser draws nothing.');
    // Blurred walls are much work, so two drawings take turns.
    context.scale(height / 360, height / 360);
    const drawings = [0, 1.5].map((sway) => {
      draw(context, sway);
      return canvas.transferToImageBitmap();
    });
    let frames = 0;
    const show = () => {
      frames += 1;
      shown.drawImage(drawings[Math.floor(frames / 8) % 2] as ImageBitmap, 0, 0);
      // No frame is the same as the one before, or the browser would send none.
      shown.fillStyle = frames % 2 ? '#000000' : '#111111';
      shown.fillRect(0, 0, 2, 2);
      if (track?.readyState === 'ended') clearInterval(timer);
    };
    const timer = setInterval(show, 1000 / frameRate);
    const [track] = screen.captureStream(frameRate).getVideoTracks();
    if (!track) throw new Error('This browser films nothing.');
    show();
    // Rather few pictures than small ones.
    track.contentHint = 'detail';
    track.getSettings = () => ({ deviceId: 'camera', width, height, frameRate });
    return track;
  }

  function microphone(): MediaStreamTrack {
    const context = new AudioContext();
    const heard = context.createMediaStreamDestination();
    if (speaks) {
      const voice = new OscillatorNode(context, { frequency: 180 });
      voice.connect(new GainNode(context, { gain: 0.2 })).connect(heard);
      voice.start();
    }
    const [track] = heard.stream.getAudioTracks();
    if (!track) throw new Error('This browser hears nothing.');
    track.getSettings = () => ({ deviceId: 'microphone' });
    return track;
  }

  mediaDevices.getUserMedia = async ({ audio, video } = {}) =>
    new MediaStream([...(audio ? [microphone()] : []), ...(video ? [camera()] : [])]);
  const device = (kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo => {
    const info = { kind, deviceId, label, groupId: '' };
    return { ...info, toJSON: () => info };
  };
  mediaDevices.enumerateDevices = async () => [
    device('audioinput', 'microphone', 'Built-in microphone'),
    device('videoinput', 'camera', 'Built-in camera'),
  ];
}

/** Runs in a page: sends pictures in their full size, however busy this machine is. */
export function sendWholePictures(): void {
  const set = RTCRtpSender.prototype.setParameters;
  RTCRtpSender.prototype.setParameters = function (parameters, ...options) {
    const encodings = parameters.encodings.map((encoding) => ({ ...encoding, ...whole }));
    return set.call(this, this.track?.kind === 'video' ? { ...parameters, encodings } : parameters, ...options);
  };
  const whole = { scaleResolutionDownBy: 1, maxBitrate: 2_000_000 };
}
