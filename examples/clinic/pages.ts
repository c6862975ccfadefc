import type { Appointment, Person } from './clinic.ts';

const CLINIC = 'Riverside Clinic';
const PRICE_PER_MINUTE = 3;

/** Makes a text harmless in HTML. */
const safe = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** @param person who is logged in; null: nobody is */
const page = (title: string, person: Person | null, body: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${safe(title)} · ${CLINIC}</title>
  <link rel="icon" href="data:,">
  <style>
    * { box-sizing: border-box; }
    body { margin: 0; background: #f3f6fb; color: #16233b; font: 1rem/1.5 system-ui, sans-serif; }
    header { background: #1d3f72; color: #fff; }
    header > div, main { max-width: 68rem; margin: 0 auto; padding: 0.75rem 1.25rem; }
    header > div { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
    header b { flex: 1; }
    header a { color: inherit; }
    h1 { margin: 0.75rem 0 1rem; font-size: 1.5rem; }
    a { color: #1d56a8; }
    table { width: 100%; border-collapse: collapse; border-radius: 0.5rem; background: #fff; box-shadow: 0 1px 3px #16233b22; }
    th, td { padding: 0.75rem 1rem; border-top: 1px solid #e1e7f0; text-align: left; }
    tr:first-child th { border: 0; color: #55637a; font-size: 0.875rem; font-weight: 500; }
    td:last-child, th:last-child { text-align: right; }
    button { padding: 0.5rem 1rem; border: 1px solid #b4c2d8; border-radius: 0.5rem; background: #fff; color: inherit; font: inherit; cursor: pointer; }
    .people { display: flex; flex-wrap: wrap; gap: 1rem; }
    .people button { flex: 1 1 14rem; padding: 1rem; text-align: left; }
    small { display: block; color: #55637a; }
    mesh-call { height: 34rem; margin-bottom: 0.75rem; border-radius: 0.75rem; overflow: clip; box-shadow: 0 1px 4px #16233b44; }
    .below { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.5rem; }
    .below p { flex: 1; margin: 0; }
  </style>
</head>
<body>
  <header><div><b>${CLINIC}</b>${person ? `<span>${safe(person.name)}</span> <a href="/">Appointments</a>` : ''}</div></header>
  <main>
    <h1>${safe(title)}</h1>
    ${body}
  </main>
</body>
</html>
`;

export function loginPage(people: readonly Person[]): string {
  const choices = people.map(
    ({ id, name, isDoctor }) =>
      `<button name="person" value="${safe(id)}">${safe(name)} <small>${isDoctor ? 'Doctor' : 'Patient'}</small></button>`,
  );
  return page('Who are you?', null, `<form class="people" method="post" action="/login">${choices.join('')}</form>`);
}

export function appointmentsPage(appointments: readonly Appointment[], person: Person): string {
  const rows = appointments
    .filter(({ doctor, patient }) => person === doctor || person === patient)
    .map(({ id, time, subject, doctor, patient, billableSeconds }) => {
      const other = person.isDoctor ? patient : doctor;
      return `<tr>
        <td>${safe(time)}</td>
        <td><a href="/visits/${safe(id)}">${safe(subject)}</a></td>
        <td>${safe(other.name)}</td>
        <td>${billOf(billableSeconds)}</td>
      </tr>`;
    });
  const head = '<tr><th>Today</th><th>Visit</th><th>With</th><th>Bill</th></tr>';
  return page('Appointments', person, `<table>${head}${rows.join('')}</table>`);
}

/** Each minute that has begun counts. */
function billOf(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 0 ? '' : `${minutes * PRICE_PER_MINUTE} € for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

export function visitPage(
  { id, time, subject }: Appointment,
  person: Person,
  { server, token }: { server: string; token: string },
): string {
  const close = `<form method="post" action="/visits/${safe(id)}/close"><button>Close the visit</button></form>`;
  return page(
    `${subject}, ${time}`,
    person,
    `<script type="module" src="${safe(server)}/embed.js"></script>
  <mesh-call token="${safe(token)}"></mesh-call>
  <div class="below">
    <p id="news" role="status"></p>
    ${person.isDoctor ? close : ''}
  </div>
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
