import { describe, expect, it } from 'vitest';
import { attend, connectCall, createWorkspace, generations, type Seat, startServer } from '../support/fixtures.ts';
import { forget } from './every-command.ts';

const call = { id: 'call-1' };
const good = 'candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host';
const relayed = 'candidate:2 1 udp 41885439 198.51.100.7 3478 typ relay raddr 10.8.0.1 rport 9';
const hidden = 'candidate:3 1 udp 2122260223 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 54401 typ host';
const ofTunnel = 'candidate:4 1 udp 2122260223 10.8.0.1 54402 typ host';
const setting = { ICE_CANDIDATE_FILTER: 'mdns, 10.8.0.0/16' };

const lines = (...candidates: string[]) =>
  ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', ...candidates.map((each) => `a=${each}`), 'a=end-of-candidates', ''].join(
    '\r\n',
  );
const whole = lines(good, hidden, relayed, ofTunnel);
const rest = lines(good, relayed);

describe.each(generations)('Candidates that the setting names, over %s', (generation) => {
  it('are left out of relays, offers and answers; all others come in their order', async () => {
    const server = await startServer(setting);
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    const send = (from: Seat, to: Seat, candidate: string) =>
      from.client.send('icecandidate', { ...from.to(to), candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });

    const offer = { type: 'offer', sdp: whole, tag: 'x' } as const;
    owner.client.send('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    expect((await bob.client.notice('ring')).offer).toEqual({ ...offer, sdp: rest });
    const answer = { type: 'answer', sdp: whole } as const;
    bob.client.send('answer', { ...bob.proof, caller: { id: owner.id }, answer, call });
    expect((await owner.client.notice('answer')).answer).toEqual({ ...answer, sdp: rest });

    for (const candidate of [good, hidden, relayed, ofTunnel, '']) send(owner, bob, candidate);
    const heard: string[] = [];
    for (let n = 0; n < 3; n += 1) heard.push((await bob.client.notice('icecandidate')).candidate.candidate);
    expect(heard).toEqual([good, relayed, '']);
    bob.client.send('negotiation', { ...bob.to(owner), message: { type: 'offer', data: offer } });
    expect((await owner.client.notice('negotiation')).message).toEqual({
      type: 'offer',
      data: { ...offer, sdp: rest },
    });
    forget(bob);
    send(owner, bob, hidden);
    await owner.client.settled();
    await bob.client.settled();
    expect(bob.client.heard).not.toContain('icecandidate');
  });
});

describe('What was left out', () => {
  it('is named in the answer to the report of a pair that failed, to whose sender it was', async () => {
    const server = await startServer(setting);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const eve = await attend(server, owner);
    for (const guest of [bob, eve]) await connectCall(owner, guest, call);
    const report = (from: Seat, peer: Seat, state: string) =>
      from.client.must('peer-state', { ...from.proof, peer: { id: peer.id }, state });
    for (const candidate of [hidden, good, ofTunnel, hidden]) {
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate: { candidate } });
    }
    expect(await report(owner, bob, 'failed')).toEqual({ ok: true, leftOut: ['mdns', '10.8.0.0/16'] });
    expect(await report(owner, bob, 'connected')).toEqual({ ok: true });
    expect(await report(owner, eve, 'failed')).toEqual({ ok: true });
    expect(await report(bob, owner, 'failed')).toEqual({ ok: true });
  });

  it('is nothing by default: every candidate is handed on', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate: { candidate: hidden } });
    expect((await bob.client.notice('icecandidate')).candidate).toEqual({ candidate: hidden });
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer: { sdp: whole }, call });
    expect((await bob.client.notice('ring')).offer).toEqual({ sdp: whole });
    expect(await owner.client.must('peer-state', { ...owner.proof, peer: { id: bob.id }, state: 'failed' })).toEqual({
      ok: true,
    });
  });
});
