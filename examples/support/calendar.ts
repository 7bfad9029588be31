/** Dates of a century, as people write them. */
import { Tensor } from '../../src/index.ts';

const day = 86_400_000; // ms
const first = Date.UTC(1950, 0, 1);

/** Every day of a century in which two digits tell the year: 1950-01-01 to 2049-12-31. */
export const calendar: readonly Date[] = Array.from(
  { length: (Date.UTC(2050, 0, 1) - first) / day },
  (_, i) => new Date(first + i * day),
);

/** As `2014-03-03`. */
export function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}

const months = 'January February March April May June July August September October November December'.split(' ');
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const ones = 'first second third fourth fifth sixth seventh eighth ninth'.split(' ');
const teens = 'tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth';
const ordinals = [
  ...ones,
  ...teens.split(' '),
  ...['twentieth', ...ones.map((one) => `twenty-${one}`)],
  ...['thirtieth', 'thirty-first'],
];

/** What formats are made of; `Jan` and `Mon` are the short names, `MM` and `DD` have two digits, `YY` are the last two. */
type Parts = Readonly<
  Record<'Y' | 'YY' | 'M' | 'MM' | 'D' | 'DD' | 'month' | 'Jan' | 'weekday' | 'Mon' | 'nth' | 'word', string>
>;

function partsOf(date: Date): Parts {
  const [Y, MM, DD] = iso(date).split('-') as [string, string, string];
  const [M, D] = [Number(MM), Number(DD)];
  const month = months[M - 1]!;
  const weekday = weekdays[date.getUTCDay()]!;
  const ending = D > 10 && D < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][D % 10] ?? 'th');
  const names = { month, Jan: month.slice(0, 3), weekday, Mon: weekday.slice(0, 3), word: ordinals[D - 1]! };
  return { Y, YY: Y.slice(2), M: `${M}`, MM, D: `${D}`, DD, nth: `${D}${ending}`, ...names };
}

/** Where either order of day and month would make a date, the year stands first. */
const slashes = ({ Y, M, D }: Parts, text: string) => (Number(D) > 12 || D === M ? text : `${Y}/${M}/${D}`);

const formats: readonly ((p: Parts) => string)[] = [
  ({ nth, month, Y }) => `the ${nth} of ${month}, ${Y}`,
  ({ nth, month, Y }) => `${nth} ${month} ${Y}`,
  ({ month, D, Y }) => `${month} ${D}, ${Y}`,
  ({ month, D, Y }) => `${month} ${D} ${Y}`,
  ({ D, month, Y }) => `${D} ${month} ${Y}`,
  ({ Jan, nth, Y }) => `${Jan} ${nth}, ${Y}`,
  ({ Jan, D, YY }) => `${Jan} ${D} '${YY}`,
  ({ DD, Jan, Y }) => `${DD}-${Jan}-${Y}`,
  ({ weekday, DD, Jan, Y }) => `${weekday}, ${DD} ${Jan} ${Y}`,
  ({ weekday, nth, month, Y }) => `${weekday} the ${nth} of ${month} ${Y}`,
  ({ weekday, month, D, Y }) => `${weekday}, ${month} ${D}, ${Y}`,
  ({ Mon, Jan, D, Y }) => `${Mon} ${Jan} ${D} ${Y}`,
  ({ word, month, Y }) => `the ${word} of ${month} ${Y}`,
  ({ month, word, Y }) => `${month} the ${word}, ${Y}`,
  ({ D, M, Y }) => `${D}.${M}.${Y}`, // with dots the day stands first
  ({ DD, MM, YY }) => `${DD}.${MM}.${YY}`,
  ({ Y, MM, DD }) => `${Y}/${MM}/${DD}`,
  (p) => slashes(p, `${p.M}/${p.D}/${p.Y}`),
  (p) => slashes(p, `${p.D}/${p.M}/${p.Y}`),
];

/** Each date in some format; three of ten all in small or in capital letters. */
export function inWords(dates: readonly Date[]): string[] {
  const dice = Tensor.rand([dates.length, 2]).dataSync();
  return dates.map((date, i) => {
    const text = formats[Math.floor(dice[2 * i]! * formats.length)]!(partsOf(date));
    const letters = dice[2 * i + 1]!;
    return letters < 0.7 ? text : letters < 0.9 ? text.toLowerCase() : text.toUpperCase();
  });
}
