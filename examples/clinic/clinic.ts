/**
 * The system of a clinic: it knows its people and its appointments. Calls are the business of the server; the clinic opens the consultation, shows it
 * in its own page, and hears by webhooks what it is to bill. It keeps everything in memory, and its people have no passwords: it is an example.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MeshServer, userToken, verifyWebhook } from 'mesh-workspaces/server';
import { appointmentsPage, loginPage, visitPage } from './pages.ts';

/** What the clinic and the server have agreed on. */
export interface ClinicOptions {
  readonly port: number;
  /** The URL of the server. */
  readonly server: string;
  readonly apiKey: string;
  readonly userTokenSecret: string;
  readonly webhookSecret: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly isDoctor: boolean;
}

export interface Appointment {
  readonly id: string;
  /** Today, as people read it. */
  readonly time: string;
  readonly subject: string;
  readonly doctor: Person;
  readonly patient: Person;
  /** The consultation on the server, once somebody has opened the visit. */
  consultation: string | null;
  /** Seconds of all its calls that count. */
  billableSeconds: number;
}

const [ada, bob] = [
  { id: 'ada', name: 'Dr. Ada Moreau', isDoctor: true },
  { id: 'bob', name: 'Bob Lindqvist', isDoctor: false },
];
const people: readonly Person[] = [ada, bob];

/** Serves the clinic at http://localhost:<port>. @returns a function that ends it */
export async function startClinic({ port, server, apiKey, userTokenSecret, webhookSecret }: ClinicOptions) {
  const mesh = new MeshServer({ url: server, apiKey });
  const sessions = new Map<string, Person>();
  const both = { doctor: ada, patient: bob };
  const appointments: Appointment[] = [
    { id: 'visit-1', time: '10:00', subject: 'Knee pain', ...both, consultation: null, billableSeconds: 0 },
    { id: 'visit-2', time: '14:30', subject: 'Blood test results', ...both, consultation: null, billableSeconds: 0 },
  ];

  /** The person who is logged in; null where nobody is. */
  function personOf({ headers }: IncomingMessage): Person | null {
    const [, session = ''] = /(?:^|; )session=([^;]+)/.exec(headers.cookie ?? '') ?? [];
    return sessions.get(session) ?? null;
  }

  async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(String(await bodyOf(request)));
    const person = people.find(({ id }) => id === form.get('person'));
    if (!person) return show(response, loginPage(people), 422);
    const session = randomUUID();
    sessions.set(session, person);
    response
      .writeHead(303, { Location: '/', 'Set-Cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/` })
      .end();
  }

  /** The consultation of an appointment. The same `externalId` again is the same consultation, so nobody has to come first. */
  async function open(appointment: Appointment): Promise<void> {
    const { id, subject, doctor, patient } = appointment;
    const { consultation } = await mesh.openConsultation({
      externalId: id,
      subject,
      provider: { id: doctor.id, name: doctor.name },
      clients: [{ id: patient.id, name: patient.name }],
      callMinutes: 30,
    });
    appointment.consultation = consultation.id;
  }

  async function visit(person: Person, appointment: Appointment, response: ServerResponse): Promise<void> {
    if (appointment.consultation === null) await open(appointment);
    // The token lets this person into this consultation, and nowhere else.
    const role = person.isDoctor ? 'owner' : 'attendee';
    const claims = { sub: person.id, name: person.name, mesh: { consultation: appointment.id, role } } as const;
    const token = await userToken(claims, { secret: userTokenSecret, ttlSeconds: 3_600 });
    show(response, visitPage(appointment, person, { server, token }));
  }

  async function close(appointment: Appointment, response: ServerResponse): Promise<void> {
    if (appointment.consultation !== null) await mesh.closeConsultation(appointment.consultation);
    response.writeHead(303, { Location: '/' }).end();
  }

  /** What the server tells. A delivery may come twice, and only a genuine one counts. */
  const counted = new Set<string>();
  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const event = await verifyWebhook(await bodyOf(request), request.headers, webhookSecret).catch(() => null);
    if (!event) return void response.writeHead(401).end();
    if (event.type === 'call.ended' && !counted.has(event.data.id)) {
      counted.add(event.data.id);
      const appointment = appointments.find(({ id }) => id === event.data.externalId);
      if (appointment) appointment.billableSeconds += event.data.billableSeconds;
    }
    response.writeHead(204).end();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '/' } = request;
    if (method === 'POST' && url === '/webhooks') return hear(request, response);
    if (method === 'POST' && url === '/login') return logIn(request, response);
    const person = personOf(request);
    if (!person) return show(response, loginPage(people));
    const [, id, action] = /^\/visits\/([\w-]+)(\/close)?$/.exec(url) ?? [];
    const appointment = appointments.find((each) => each.id === id && [each.doctor, each.patient].includes(person));
    if (appointment && method === 'POST' && action && person.isDoctor) return close(appointment, response);
    if (appointment && method === 'GET' && !action) return visit(person, appointment, response);
    show(response, appointmentsPage(appointments, person), url === '/' ? 200 : 404);
  }

  const clinic = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end('The clinic could not do that. Try again.');
    });
  });
  await new Promise<void>((resolve) => clinic.listen(port, 'localhost', resolve));
  return async () => {
    clinic.closeAllConnections();
    await new Promise((resolve) => clinic.close(resolve));
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function show(response: ServerResponse, html: string, status = 200): void {
  // The page holds a token.
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(html);
}
