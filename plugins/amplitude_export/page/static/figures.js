/** Figures that are computed from the days: medians, the scale of the shading, gaps, progress. */

/** States of days whose events are not in the table, without a run or because it failed. */
export const GAP = new Set(["missing", "failed", "exported"]);

/** States of days that a re-run loads again, and "load missing" does not. */
export const DONE = new Set(["loaded", "empty", "differs", "quarantined"]);

/** States of days that nothing is to be loaded of, yet or ever. */
export const NOT_DUE = new Set(["not_due", "provisional", "not_wanted"]);

export function median(numbers) {
  if (!numbers.length) return null;
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The events of days or hours that are fully loaded. */
function events(cells) {
  return cells.filter((cell) => cell.state === "loaded" && cell.events !== null)
    .map((cell) => cell.events);
}

/** The median of the loaded days of each weekday ("Mon" → 19800), null for fewer than two. */
export function weekdayMedians(days) {
  const names = [...new Set(days.map((day) => day.weekday))];
  const of = (name) => events(days.filter((day) => day.weekday === name));
  return new Map(names.map((name) => [name, of(name).length < 2 ? null : median(of(name))]));
}

/** The number of other loaded days of the same weekday, and the median of each hour. */
export function hourMedians(days, day) {
  const alike = days.filter(
    (other) => other.weekday === day.weekday && other.day !== day.day && other.state === "loaded",
  );
  const hours = day.hours.map((cell, index) => median(events(alike.map((o) => o.hours[index]))));
  return { ofDays: alike.length, hours };
}

/** A round number that 19 of 20 hours with events do not exceed: the deepest shade starts there. */
export function busyHour(days) {
  const all = days.flatMap((day) => day.hours.map((hour) => hour.events).filter((n) => n > 0));
  all.sort((one, other) => one - other);
  return roundUp(all[Math.floor(all.length * 0.95)] ?? 0);
}

/** Round up to an even number of one or two digits and zeros: a scale that seldom changes. */
export function roundUp(number) {
  if (number <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(number));
  const steps = [1, 1.6, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power);
  return steps.find((step) => step >= number && step % 2 === 0);
}

/** The shade of an hour, 1 to 5; 0 without events. */
export function shade(number, busy) {
  return number > 0 ? Math.min(5, Math.max(1, Math.ceil((5 * number) / busy))) : 0;
}

/** The days to be loaded, in the given order; all due days as long as no run exists. */
export function gapDays(days) {
  const gap = nothingYet(days) ? new Set([...GAP, "unknown"]) : GAP;
  return days.filter((day) => gap.has(day.state)).map((day) => day.day);
}

/** The unbroken range of gap days around a day; empty if the day is not a gap. */
export function gapAround(days, day) {
  const at = days.findIndex((other) => other.day === day);
  if (at < 0 || !GAP.has(days[at].state)) return [];
  let [first, last] = [at, at];
  while (first > 0 && GAP.has(days[first - 1].state)) first -= 1;
  while (last + 1 < days.length && GAP.has(days[last + 1].state)) last += 1;
  return days.slice(first, last + 1).map((other) => other.day);
}

/** True if no day has a run or a load. */
export function nothingYet(days) {
  return days.length > 0 && days.every((day) => !day.run && !day.source);
}

/** The runs of a backfill by their state: {total, loaded, running, queued, failed}. */
export function progress(days, backfill) {
  const states = days.filter((day) => belongs(day, backfill)).map((day) => day.run.state);
  const of = (state) => states.filter((other) => other === state).length;
  return {
    total: states.length,
    loaded: of("success"),
    running: of("running"),
    queued: of("queued"),
    failed: of("failed"),
  };
}

/**
 * Airflow assigns each run that it runs again to the backfill. A run that ended before the backfill
 * was created belongs to an earlier one. A run that was cancelled in the queue has no end.
 */
function belongs({ day, run }, { from_date: from, to_date: to, created_at: created }) {
  if (!run || run.run_type !== "backfill" || run.stuck) return false;
  if (day < from.slice(0, 10) || day > to.slice(0, 10)) return false;
  // The end has whole seconds, and the creation has fractions.
  return !run.ended || Date.parse(run.ended) >= Date.parse(created) - 1000;
}
