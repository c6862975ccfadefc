/** The forms of a text for the counts of a language (Unicode CLDR names them). `#` stands for the number. */
type Forms = { readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** How a language writes counts and durations. @param tag of BCP 47 */
export function grammarOf(tag: string) {
  const rules = new Intl.PluralRules(tag);
  const number = new Intl.NumberFormat(tag);
  const unit = (name: 'minute' | 'second') => {
    const format = new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay: 'long' });
    return (count: number) => format.format(count);
  };
  const size = (name: 'kilobyte' | 'megabyte', digits: number) =>
    new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });
  const [kilobytes, megabytes] = [size('kilobyte', 0), size('megabyte', 1)];
  const [minutes, seconds] = [unit('minute'), unit('second')];
  return {
    /** The form of a text that a count needs: `1 person`, `2 people`. */
    plural: (count: number, forms: Forms) =>
      (forms[rules.select(count)] ?? forms.other).replace('#', number.format(count)),
    /** `120 kB`, `2.4 MB` */
    bytes: (count: number) => (count < 1e6 ? kilobytes.format(count / 1e3) : megabytes.format(count / 1e6)),
    /** `1 minute`, `5 minutes` */
    minutes,
    /** `1 second`, `30 seconds` */
    seconds,
    /** How long it is until something, as exact as people want it: `90 seconds`, `5 minutes`. @param left in s */
    inTime: (left: number) => (left < 120 && left !== 60 ? seconds(left) : minutes(Math.round(left / 60))),
  };
}
