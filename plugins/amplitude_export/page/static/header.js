/** The head of the page: freshness, figures, range, and the time of the data. */

import { csvAddress } from "./api.js";
import { button, byId, el, show } from "./dom.js";
import { behind, change, clock, count, counted, through, weekday } from "./text.js";

export const RANGES = [30, 90, 400];

/** "Complete through 2026-11-23 24:00 UTC, 9 h ago." */
export function freshness(summary) {
  const { loaded_through: end, behind_hours: hours, first_gap: gap } = summary;
  if (!end) return "No day is complete yet.";
  const until = `through ${through(end)}, ${behind(hours)} ago`;
  if (gap) return `Loaded ${until}, but not complete: the first gap is ${gap}.`;
  // A day without record, or without some lines, is not a gap, but it is not complete either.
  return `${summary.days_complete === summary.days_due ? "Complete" : "Loaded"} ${until}.`;
}

/** `goTo` is called with a day whose figure was clicked. */
export function showHead(summary, goTo) {
  const mark = summary.loaded_through && !summary.first_gap ? "good" : "warn";
  byId("freshness").className = mark;
  show(byId("freshness"), freshness(summary), " ", firstGap(summary.first_gap, goTo));
  show(byId("figures"), ...figures(summary));
}

function firstGap(day, goTo) {
  if (!day) return null;
  return button("Go to it", () => goTo(day), { class: "small", "aria-label": `Go to it: ${day}` });
}

function figures(summary) {
  const { days_complete: complete, days_due: due, hours_missing: missing } = summary;
  const none = summary.days_unknown ? "of the days on record" : "nothing is missing";
  const hours = missing ? `of ${count(24 * due)} due` : none;
  return [
    figure("Days complete", `${count(complete)} of ${count(due)}`, "that are due"),
    figure("Hours missing", count(missing), hours, missing > 0 && "bad"),
    unknown(summary.days_unknown),
    lastDay(summary.last_day),
  ];
}

function figure(name, value, detail, mood) {
  const words = el("dd", { class: "detail" }, detail);
  return el("div", { class: mood }, el("dt", {}, name), el("dd", { class: "value" }, value), words);
}

function unknown(days) {
  if (!days) return null;
  return figure("Days without record", count(days), "purged, or never run here");
}

function lastDay(last) {
  if (!last) return null;
  return figure(`Events on ${last.day}`, count(last.events), comparison(last));
}

/** "−42 % of the usual Monday (19,800, the median of 3)". */
function comparison({ day, events, median, of_days: ofDays }) {
  const name = weekday(day);
  if (!median) return `no other ${name} to compare with`;
  const usual = `(${count(median)}, the median of ${ofDays})`;
  return `${change(events, median)} of the usual ${name} ${usual}`;
}

/** The range, the refresh button, the time, and the CSV. */
export class Controls {
  #range;
  #shown;
  #asOf = el("span", { class: "as-of" });
  #csv = el("a", { class: "button", download: true }, "CSV");
  #buttons;
  #days;

  /** `shown`: see api.js. */
  constructor(place, range, shown, setRange, refresh) {
    this.#shown = shown;
    this.#buttons = RANGES.map((days) =>
      button(String(days), () => setRange(days), { "aria-label": `Show ${days} days` }));
    const days = el("div", { class: "segments", role: "group", "aria-label": "Days shown" },
      this.#buttons, el("span", { class: "unit", "aria-hidden": "true" }, "days"));
    this.#days = days;
    show(place, days, this.#asOf, button("Refresh", refresh), this.#csv);
    this.mark(range);
  }

  mark(range) {
    this.#range = range;
    this.#buttons.forEach((one, index) =>
      one.setAttribute("aria-pressed", RANGES[index] === this.#range));
    this.#csv.href = csvAddress(range, this.#shown);
  }

  /** Of all projects there is one range only. */
  hideRange() {
    this.#days.hidden = true;
  }

  asOf(now) {
    this.#asOf.textContent = `as of ${clock(now)}`;
  }
}
