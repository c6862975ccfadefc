import type { Appointment, Person } from './clinic.ts';

const PRICE_PER_MINUTE = 3;

/** Makes a text harmless in HTML. */
const safe = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${safe(title)} · The clinic</title>
  <link rel="icon" href="data:,">
  <style>
    body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
    td, th { padding: 0.25rem 1rem 0.25rem 0; text-align: left; }
    mesh-call { height: 32rem; margin: 1rem 0; border: 1px solid #ccc; border-radius: 0.5rem; overflow: clip; }
  </style>
</head>
<body>
  <h1>${safe(title)}</h1>
  ${body}
</body>
</html>
`;

export function loginPage(people: readonly Person[]): string {
  const choices = people.map(({ id, name }) => `<button name="person" value="${safe(id)}">${safe(name)}</button>`);
  return page('Who are you?', `<form method="post" action="/login">${choices.join(' ')}</form>`);
}

export function appointmentsPage(appointments: readonly Appointment[], person: Person): string {
  const rows = appointments
    .filter(({ doctor, patient }) => person === doctor || person === patient)
    .map(({ id, subject, doctor, patient, billableSeconds }) => {
      const other = person.isDoctor ? patient : doctor;
      return `<tr>
        <td><a href="/visits/${safe(id)}">${safe(subject)}</a></td>
        <td>${safe(other.name)}</td>
        <td>${billOf(billableSeconds)}</td>
      </tr>`;
    });
  const head = '<tr><th>Visit</th><th>With</th><th>Bill</th></tr>';
  return page(`Appointments of ${person.name}`, `<table>${head}${rows.join('')}</table>`);
}

/** Each minute that has begun counts. */
function billOf(seconds: number): string {
  return seconds === 0 ? '' : `${Math.ceil(seconds / 60) * PRICE_PER_MINUTE} €, for ${seconds} s`;
}

export function visitPage(
  { id, subject }: Appointment,
  { isDoctor }: Person,
  { server, token }: { server: string; token: string },
): string {
  const close = `<form method="post" action="/visits/${safe(id)}/close"><button>Close the visit</button></form>`;
  return page(
    subject,
    `<script type="module" src="${safe(server)}/embed.js"></script>
  <mesh-call token="${safe(token)}"></mesh-call>
  <p id="news" role="status"></p>
  ${isDoctor ? close : ''}
  <p><a href="/">Appointments</a></p>
  <script type="module">
    const call = document.querySelector('mesh-call');
    const tell = (text) => () => { news.textContent = text; };
    call.addEventListener('mesh-waiting', tell('Please wait: the doctor will let you in.'));
    call.addEventListener('mesh-joined', tell('You are in.'));
    call.addEventListener('mesh-left', tell('You have left the visit.'));
    call.addEventListener('mesh-error', ({ detail }) => tell(detail.message)());
  </script>`,
  );
}
