import { MeshServer, userToken, verifyWebhook } from '../../src/host/mesh-server.ts';

/** What a host system needs to try all of the library. */
export interface Trial {
  readonly url: string;
  readonly apiKey: string;
  readonly tokenSecret: string;
  readonly webhook: { readonly body: string; readonly headers: Record<string, string>; readonly secret: string };
}

/** Uses each part of the library once, on whatever platform this runs. @returns what a test can look at */
export async function tryAll({ url, apiKey, tokenSecret, webhook }: Trial) {
  const mesh = new MeshServer({ url, apiKey });
  const opened = await mesh.openConsultation({ provider: { id: 'ada', name: 'Dr. Ada' } });
  let count = 0;
  for await (const { status } of mesh.listConsultations({ limit: 1 })) count += status === 'open' ? 1 : 0;
  await mesh.closeConsultation(opened.consultation.id);
  const refused = await mesh.getCall('none').catch(({ code }: { code: string }) => code);
  const token = await userToken({ sub: 'ada', name: 'Dr. Ada' }, { secret: tokenSecret });
  const { type } = await verifyWebhook(webhook.body, webhook.headers, webhook.secret);
  const forged = await verifyWebhook(`${webhook.body} `, webhook.headers, webhook.secret).catch(
    ({ name }: Error) => name,
  );
  return { count, refused, token, type, forged };
}
