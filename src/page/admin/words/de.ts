import { grammarOf } from '../../words/grammar.ts';
import type { Words } from './en.ts';

const { plural } = grammarOf('de');

/** The texts of the page for operators alone in German. */
export const german: Words = {
  title: 'Betrieb',
  unreachable: 'Der Server ist gerade nicht erreichbar.',
  failed: 'Der Server konnte das nicht beantworten. In seinem Log steht, warum.',
  tryAgain: 'Neuer Versuch …',
  loading: 'Lädt …',
  more: 'Es gibt mehr davon. Die REST-API zählt alle auf.',

  signIn: {
    title: 'Anmelden',
    intro:
      'Mit einem Schlüssel aus API_KEYS mit dem Scope admin. Er bleibt in diesem Tab und ist vergessen, wenn Sie ihn neu laden.',
    key: 'API-Schlüssel',
    missing: 'Bitte geben Sie das Geheimnis des Schlüssels ein.',
    show: 'Schlüssel anzeigen',
    hide: 'Schlüssel verbergen',
    submit: 'Anmelden',
  },
  signOut: 'Abmelden',
  refresh: 'Aktualisieren',
  updated: (ago) => `Stand: ${ago}`,

  nodes: {
    title: 'Knoten',
    ready: 'bereit',
    notReady: 'nimmt niemanden auf',
    silent: 'antwortet nicht',
    version: 'Version',
    since: 'Gestartet',
    connections: 'Verbindungen',
    seats: 'Plätze',
    memory: 'Speicher',
  },

  calls: {
    title: 'Gespräche',
    none: 'Niemand ist in einem Gespräch.',
    ringing: 'klingelt',
    onCall: (count) => plural(count, { other: '# im Gespräch' }),
    end: 'Gespräch beenden',
    endShort: 'Beenden',
    endOf: (workspace) => `Gespräch in ${workspace} beenden`,
    endTitle: (workspace) => `Das Gespräch in ${workspace} beenden?`,
    endText: 'Es endet sofort, für alle, die daran teilnehmen.',
    ended: (workspace) => `Das Gespräch in ${workspace} ist beendet.`,
  },

  workspaces: {
    title: 'Räume mit Personen',
    none: 'Niemand ist in einem Raum.',
    people: (count) => plural(count, { one: '# Person', other: '# Personen' }),
    withCall: 'im Gespräch',
    show: (workspace) => `Personen in ${workspace}`,
    owner: 'Gastgeber',
    onCall: 'im Gespräch',
    away: 'abwesend',
    here: 'anwesend',
    remove: 'Entfernen',
    removeOf: (name) => `${name} entfernen`,
    removeTitle: (name) => `${name} entfernen?`,
    removeText: 'Der Platz ist sofort verloren. Gäste können mit dem Link zurückkommen.',
    removed: (name) => `${name} wurde entfernt.`,
  },

  failedPairs: {
    title: 'Gescheiterte Verbindungen',
    none: 'Kein Browser hat eine Verbindung gemeldet, die nicht zustande kam.',
    of: (one, other) => `${one} konnte ${other} nicht erreichen`,
    connected: 'später verbunden',
    via: (route) => `über ${route}`,
    reasons: {
      'answer-timeout': 'Der andere Browser hat nicht geantwortet.',
      'peer-gone': 'Die andere Seite hat die Verbindung zum Server verloren.',
      'no-relay-candidates': 'Nur Relays sind erlaubt, und es gab keines.',
      'turn-unauthorized': 'Der TURN-Server hat die Zugangsdaten abgelehnt: Prüfen Sie COTURN_SECRET oder das Konto.',
      'turn-unreachable': 'Kein TURN-Server hat geantwortet: Prüfen Sie, ob er läuft, und seine Ports.',
      'udp-blocked':
        'Weder STUN noch TURN haben über UDP geantwortet: Ein Netz sperrt es. TURN über TLS auf Port 443 hilft.',
      'no-route': 'Kein Weg führte von einem Netz zum anderen: Ein TURN-Server fehlt oder ist im Weg.',
    },
    unknown: (reason) => `Der Client sagt: ${reason}.`,
    unsaid: 'Der Client sagt nicht, warum.',
    leftOut: (kinds) => `Durch ice_candidate_filter weggelassen: ${kinds.join(', ')}.`,
  },

  deliveries: {
    title: 'Gescheiterte Zustellungen',
    none: 'Kein Webhook hat eine gescheiterte Zustellung.',
    attempts: (count) => plural(count, { one: '# Versuch', other: '# Versuche' }),
    next: (when) => `wieder ${when}`,
    dead: 'aufgegeben',
    disabled: 'Dieser Webhook ist abgeschaltet.',
    retry: 'Erneut senden',
    retryOf: (event) => `${event} erneut senden`,
    retried: 'Wird erneut gesendet.',
  },
};
