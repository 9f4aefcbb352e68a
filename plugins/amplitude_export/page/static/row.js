/** One row of the grid: a day, its 24 hours, and a note. */

import { el } from "./dom.js";
import { shade } from "./figures.js";
import * as states from "./states.js";
import { atSource, bytes, count, counted, hourSpan } from "./text.js";

const SPANS = Array.from({ length: 24 }, (_, hour) => hourSpan(hour));

/** `busy`: the events of an hour at which the deepest shade starts. */
export function dayRow(day, busy) {
  return el(
    "tr",
    { "data-day": day.day, class: rowClass(day) },
    el("td", { class: "pick" }, pick(day)),
    el("th", { scope: "row", class: "name", "aria-label": dayLabel(day) }, ...name(day)),
    day.hours.map((hour) => hourCell(day, hour, busy)),
    el("td", { class: "events" }, count(day.events)),
    el("td", { class: "state" }, states.badge(day.state)),
    el("td", { class: "note", title: day.reason }, note(day)),
  );
}

/** The first day of a month and a Monday have a line below, because older days follow. */
function rowClass({ day, weekday }) {
  if (day.endsWith("-01")) return "first-of-month";
  return weekday === "Mon" ? "first-of-week" : "";
}

function pick({ day }) {
  return el("input", { type: "checkbox", tabindex: -1, "aria-label": `Select ${day}` });
}

function name({ day, weekday }) {
  return [
    el("span", { class: "year" }, day.slice(0, 5)),
    day.slice(5),
    el("span", { class: "weekday" }, ` ${weekday}`),
  ];
}

export function dayLabel(day) {
  const loaded = day.events === null ? "" : `, ${counted(day.events, "event")}`;
  return `${day.day} ${day.weekday}: ${states.label(day.state)}${loaded}`;
}

// The grid has ten thousand of these, so they are built directly: `el` takes twice the time.
function hourCell(day, hour, busy) {
  const cell = document.createElement("td");
  cell.className = `hour ${states.look(hour.state)} v${shade(hour.events, busy)}`;
  cell.setAttribute("aria-label", hourLabel(day.day, hour));
  cell.textContent = states.glyph(hour.state);
  return cell;
}

/** 2026-11-15 07:00–08:00 UTC: loaded, 812 events. */
function hourLabel(day, { hour, state, events, exported, provisional }) {
  const landed = exported !== null && exported !== events ? `, ${count(exported)} exported` : "";
  const loaded = events !== null && state !== "empty" ? `, ${counted(events, "event")}` : "";
  const fresh = provisional ? `, ${counted(provisional, "event")}` : "";
  return `${day} ${SPANS[hour]} UTC: ${states.label(state)}${loaded}${landed}${fresh}`;
}

function note(day) {
  if (day.reason) return day.reason;
  if (day.files === null) return "";
  const aside = day.quarantined && `${counted(day.quarantined, "line")} quarantined`;
  const facts = [counted(day.files, "file"), bytes(day.bytes), aside, atSource(day)];
  return facts.filter(Boolean).join(" · ");
}
