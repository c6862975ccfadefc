/**
 * Sets parameters of everything that a sender sends (RTCRtpSender.setParameters of W3C WebRTC).
 * @throws where the browser refuses them, or negotiates first
 */
export async function setEncoding(sender: RTCRtpSender, encoding: Partial<RTCRtpEncodingParameters>): Promise<void> {
  const parameters = sender.getParameters();
  if (parameters.encodings.length === 0) throw new Error('There is nothing to set before the first negotiation.');
  for (const each of parameters.encodings) Object.assign(each, encoding);
  await sender.setParameters(parameters);
}
