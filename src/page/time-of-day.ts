import { locale } from './language.ts';

/** Date and time as people write them, and the time alone today. @param at ms since the epoch */
export function dayAndTime(at: number): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  return isToday ? timeOfDay(at) : new Date(at).toLocaleString(locale(), { dateStyle: 'short', timeStyle: 'short' });
}

let format = new Intl.DateTimeFormat();
let formatLocale = '';

/** Hours and minutes as people write them in the language of the page. @param at ms since the epoch */
export function timeOfDay(at: number): string {
  // To make a format takes long, and a chat has many messages.
  if (formatLocale !== locale()) {
    formatLocale = locale();
    format = new Intl.DateTimeFormat(formatLocale, { timeStyle: 'short' });
  }
  return format.format(at);
}
