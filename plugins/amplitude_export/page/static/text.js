/** Format numbers, times and days. All times are UTC. */

const HOUR = 3600;
const DAY = 24 * HOUR;
const NUMBER = new Intl.NumberFormat("en-GB");
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" });
const NONE = "–";

/** 20,123; a dash for an unknown number. */
export function count(number) {
  return number === null || number === undefined ? NONE : NUMBER.format(number);
}

/** "1 day", "2 days". */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** 19.0 MB: decimal, as S3's and Snowflake's bills count. */
export function bytes(number) {
  if (number === null || number === undefined) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), units.length - 1);
  return power === 0 ? `${number} B` : `${(number / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** 12.3 s, 3 min 5 s, 1 h 2 min, 2 d 3 h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR) return pair(whole, 60, "min", 1, "s");
  return whole < 2 * DAY ? pair(whole, HOUR, "h", 60, "min") : pair(whole, DAY, "d", HOUR, "h");
}

function pair(seconds, large, largeUnit, small, smallUnit) {
  const rest = Math.floor((seconds % large) / small);
  const first = `${Math.floor(seconds / large)} ${largeUnit}`;
  return rest ? `${first} ${rest} ${smallUnit}` : first;
}

/** "9 h", "25 min", "3 d 4 h": how far behind, from hours. */
export function behind(hours) {
  if (hours < 1) return `${Math.max(0, Math.round(hours * 60))} min`;
  return hours < 48 ? `${Math.round(hours)} h` : duration(Math.round(hours) * HOUR);
}

/** Seconds between two ISO times, null while one of them is open. */
export function between(start, end) {
  return start && end ? (Date.parse(end) - Date.parse(start)) / 1000 : null;
}

/** 2026-11-24 02:31 UTC. */
export function moment(iso) {
  return iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : NONE;
}

/** 09:02:11 UTC. */
export function clock(iso) {
  return `${iso.slice(11, 19)} UTC`;
}

/** An exclusive end in the usual form: 24:00 of the day before instead of 00:00. */
export function through(iso) {
  const end = new Date(iso);
  if (end.getTime() % (DAY * 1000)) return moment(end.toISOString());
  return `${daysAfter(iso.slice(0, 10), -1)} 24:00 UTC`;
}

/** The day (YYYY-MM-DD) that is `days` later. */
export function daysAfter(day, days) {
  return new Date(Date.parse(day) + days * DAY * 1000).toISOString().slice(0, 10);
}

/** "Monday". */
export function weekday(day) {
  return WEEKDAY.format(Date.parse(day));
}

/** "07:00–08:00", "23:00–24:00". */
export function hourSpan(hour) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(hour)}:00–${two(hour + 1)}:00`;
}

/** What the last second look found of a day; empty if it says nothing about what is loaded. */
export function atSource({ changed_at_source: changed, verified_at: verified }) {
  if (!changed) return verified ? "verified" : "";
  const left = changed.replaced ? "" : ", not replaced";
  return `changed at source: ${count(changed.new)} new, ${count(changed.gone)} gone${left}`;
}

/** The signed difference to a reference, as in "−42 % of …". */
export function change(value, reference) {
  const percent = Math.round((100 * (value - reference)) / reference);
  return `${percent < 0 ? "−" : percent > 0 ? "+" : "±"}${count(Math.abs(percent))} %`;
}
