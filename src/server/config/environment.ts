/** A setting that is missing or wrong. Its message is a sentence that names it and says what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The entries between the commas of a text, without spaces. */
export const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** @throws ConfigError where it is neither true nor false */
export function flag(env: Environment, name: string, otherwise: boolean): boolean {
  const text = env[name]?.trim().toLowerCase();
  if (text === undefined || text === '') return otherwise;
  if (text === 'true' || text === '1' || text === 'yes') return true;
  if (text === 'false' || text === '0' || text === 'no') return false;
  throw new ConfigError(`${name} must be true or false. It is '${env[name]}'.`);
}

/** @throws ConfigError where it is missing */
export function needed(env: Environment, name: string, forWhat: string): string {
  const value = env[name]?.trim();
  if (value) return value;
  throw new ConfigError(`${name} is missing, and ${forWhat} needs it.`);
}

/** @throws ConfigError where it is no port */
export function readPort(env: Environment, name: string, otherwise: string): number {
  const text = env[name]?.trim() || otherwise;
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new ConfigError(`${name} must be a whole number from 0 to 65535. It is '${text}'.`);
}
