/** Twilio's answers for an account that has been suspended or closed, or was never activated. */
const INACTIVE = new Set([10001, 20005, 20403, 90010]);
const TEST_CREDENTIALS = 20008;
const WRONG_CREDENTIALS = 20003;

const TIMEOUT = new Set(['ERR_CANCELED', 'ECONNABORTED', 'ETIMEDOUT', 'ESOCKETTIMEDOUT']);
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA']);
const TLS =
  /^(CERT_|ERR_TLS|ERR_SSL|EPROTO$|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY)|INVALID_CA|HOSTNAME_MISMATCH)/;

/**
 * Makes one sentence for the operator from an error of the twilio package. The sentence repeats only numbers and codes
 * of that error, no text: a proxy's page or a request could hold anything.
 *
 * Codes: https://www.twilio.com/docs/api/errors
 */
export function explain(error: unknown, { host, timeoutMs }: { host: string; timeoutMs: number }): string {
  const { status, code, message } = fields(error);
  if (typeof status === 'number') return explainAnswer(status, code, message, host);
  if (typeof code !== 'string') return `The answer from ${host} is not what Twilio answers: check the API's address.`;
  if (TIMEOUT.has(code)) return `Twilio did not answer within ${timeoutMs} ms (${host}).`;
  if (code === 'ECONNREFUSED') return `The connection to Twilio was refused (${host}).`;
  if (UNKNOWN_HOST.has(code)) return `The address of Twilio could not be looked up: check DNS for ${host}.`;
  if (TLS.test(code)) return `The connection to Twilio is not trusted: check the certificate of ${host} (${code}).`;
  return `The connection to Twilio failed (${host}, ${code}).`;
}

function explainAnswer(status: number, code: unknown, message: unknown, host: string): string {
  const number = typeof code === 'number' ? code : undefined;
  // Twilio's documentation gives 20003 for a suspended account too; then only the text tells them apart.
  const inactive = status === 401 && typeof message === 'string' && /suspended|closed|not active/i.test(message);
  if (inactive || (number !== undefined && INACTIVE.has(number))) {
    return 'The Twilio account is not active: it was suspended or closed; check its balance and status in the console.';
  }
  if (number === TEST_CREDENTIALS) {
    return 'Twilio gives no TURN credentials to test credentials: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be live ones.';
  }
  if (status === 401 || number === WRONG_CREDENTIALS) {
    return 'Twilio refused the credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.';
  }
  const answer = number ? `HTTP ${status}, code ${number}` : `HTTP ${status}`;
  if (status === 403) return `Twilio forbids this account to ask for TURN credentials (${answer}).`;
  if (status === 404) return `Twilio knows no such account: check TWILIO_ACCOUNT_SID (${answer} from ${host}).`;
  if (status === 429) return `Twilio limits the rate of this account's requests (${answer}).`;
  if (status >= 500) return `Twilio is failing, see https://status.twilio.com (${answer} from ${host}).`;
  return `Twilio refused the request (${answer} from ${host}).`;
}

function fields(error: unknown): { status?: unknown; code?: unknown; message?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
