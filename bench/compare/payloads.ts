// Candidates and descriptions as large and as varied as those of browsers.

export interface Candidate {
  candidate: string;
  sdpMid: string;
  sdpMLineIndex: number;
  usernameFragment: string;
}

export interface Description {
  type: 'offer' | 'answer';
  sdp: string;
}

/** Characters of the ICE user name fragment, which is in every message of one peer. */
const UFRAG_LENGTH = 4;

/** @param ufrag four characters */
export function candidate(ufrag: string): Candidate {
  return {
    candidate: `candidate:842163049 1 udp 2122260223 192.0.2.7 46154 typ host generation 0 ufrag ${ufrag} network-id 1`,
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: ufrag,
  };
}

const transport = (ufrag: string, mid: number) => [
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  `a=ice-ufrag:${ufrag}`,
  'a=ice-pwd:wz1l3pVkQd7bXoTn5sJfGy2e',
  'a=ice-options:trickle',
  'a=fingerprint:sha-256 4B:9E:02:D7:61:3A:F8:5C:90:12:7D:E4:A6:0F:38:CB:55:E1:8A:24:B9:6D:F3:07:9C:42:D0:1B:76:AF:E8:33',
  'a=setup:actpass',
  `a=mid:${mid}`,
  'a=sendrecv',
  `a=msid:7c1e52f0-9a3d-4b86-8e07-d2f4a1b6c935 track-${mid}`,
  'a=rtcp-mux',
];

const extensions = [
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type',
].map((uri, index) => `a=extmap:${index + 1} ${uri}`);

const feedback = ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'];

/** A codec of video and the retransmissions that go with it. */
function videoCodec(type: number, name: string, parameters: string): string[] {
  return [
    `a=rtpmap:${type} ${name}/90000`,
    ...feedback.map((kind) => `a=rtcp-fb:${type} ${kind}`),
    `a=fmtp:${type} ${parameters}`,
    `a=rtpmap:${type + 1} rtx/90000`,
    `a=fmtp:${type + 1} apt=${type}`,
  ];
}

const h264 = (profile: string, mode: number) =>
  `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`;
const codecs = [
  ['VP8', 'max-fs=12288;max-fr=60'],
  ['VP9', 'profile-id=0'],
  ['VP9', 'profile-id=2'],
  ['AV1', 'level-idx=5;profile=0;tier=0'],
  ...['42001f', '42e01f', '4d001f', '64001f'].flatMap((profile) => [1, 0].map((mode) => ['H264', h264(profile, mode)])),
  ['H265', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST'],
  ['H265', 'level-id=93;profile-id=2;tier-flag=0;tx-mode=SRST'],
];
const FIRST_TYPE = 35;
const videoTypes = Array.from({ length: 2 * codecs.length }, (_, index) => FIRST_TYPE + index);
const videoCodecs = codecs.flatMap(([name = '', parameters = ''], index) =>
  videoCodec(FIRST_TYPE + 2 * index, name, parameters),
);

/** A description with sound and a camera: about 5.7 kB. @param ufrag four characters */
export function description(type: Description['type'], ufrag: string): Description {
  const lines = [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS 7c1e52f0-9a3d-4b86-8e07-d2f4a1b6c935',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
    ...transport(ufrag, 0),
    ...extensions.slice(0, 4),
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:13 CN/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:126 telephone-event/8000',
    'a=ssrc:2218476159 cname:pQ8sVtR2mWkZ5xLb',
    `m=video 9 UDP/TLS/RTP/SAVPF ${videoTypes.join(' ')}`,
    ...transport(ufrag, 1),
    ...extensions.slice(1),
    'a=rtcp-rsize',
    ...videoCodecs,
    'a=ssrc-group:FID 1804287383 846930886',
    'a=ssrc:1804287383 cname:pQ8sVtR2mWkZ5xLb',
    'a=ssrc:1804287383 msid:7c1e52f0-9a3d-4b86-8e07-d2f4a1b6c935 track-1',
    'a=ssrc:846930886 cname:pQ8sVtR2mWkZ5xLb',
    'a=ssrc:846930886 msid:7c1e52f0-9a3d-4b86-8e07-d2f4a1b6c935 track-1',
  ];
  return { type, sdp: `${lines.join('\r\n')}\r\n` };
}

/** The ufrag of a received message, however the server has wrapped it. */
export function ufragOf(data: Buffer): string {
  const at = data.indexOf('ufrag') + 'ufrag'.length + 1;
  return data.toString('latin1', at, at + UFRAG_LENGTH);
}
