/** Events per hour of one day, against the median of that hour on the other days of its weekday. */

import { el, show, svg } from "./dom.js";
import { bar, drawing, Frame, steps } from "./drawing.js";
import { hourMedians } from "./figures.js";
import * as states from "./states.js";
import { count, counted, weekday } from "./text.js";

const ID = "hours-chart";

/**
 * Draw a day, with medians of the other days shown; undefined draws nothing.
 * `width`: the space, in pixels.
 */
export function drawHours(place, days, day, width) {
  if (!day) {
    show(place);
    return;
  }
  const { ofDays, hours: usual } = hourMedians(days, day);
  const events = day.hours.map((hour) => hour.events ?? 0);
  const most = Math.max(...events, ...usual.map((value) => value ?? 0));
  const frame = new Frame(width, 24, most);
  const name = `Per hour, ${day.day} ${day.weekday}`;
  show(
    place,
    el("figcaption", {}, name, key(ofDays, day)),
    drawing(frame, ID, name, summary(day, usual, ofDays), day.hours.map((hour, index) =>
      column(frame, hour, index)), steps(frame, usual), hoursBelow(frame)),
  );
}

function key(ofDays, day) {
  if (!ofDays) return el("span", { class: "key" }, `no other ${weekday(day.day)} loaded`);
  const median = `median of ${counted(ofDays, `other ${weekday(day.day)}`)}`;
  return el("span", { class: "key" }, el("i", { class: "line" }), median);
}

function column(frame, hour, index) {
  if (hour.events !== null) return bar(frame, index, hour.events, states.look(hour.state));
  const at = { x: frame.x(index) + frame.slot / 2, y: frame.base - 4, "text-anchor": "middle" };
  return svg("text", { ...at, class: `gap-glyph ${states.look(hour.state)}` },
    states.glyph(hour.state));
}

function hoursBelow(frame) {
  return [0, 6, 12, 18, 24].map((hour) =>
    svg("text", { x: frame.x(hour), y: frame.height - 4, class: "tick",
      "text-anchor": hour === 24 ? "end" : "middle" }, String(hour).padStart(2, "0")));
}

/** The same as text: the total, and the hours below half of the median. */
function summary(day, usual, ofDays) {
  const total = day.events === null ? states.label(day.state) : counted(day.events, "event");
  if (!ofDays || day.events === null) return `${day.day}: ${total}.`;
  const low = day.hours.filter(({ hour, events }) => events < (usual[hour] ?? 0) / 2);
  const which = low.map(({ hour }) => String(hour).padStart(2, "0")).join(", ");
  const below = `Less than half of the median at ${which}.`;
  const dip = low.length ? below : "No hour is below half of it.";
  return `${day.day}: ${total}; the median of the hours together is ${count(sum(usual))}. ${dip}`;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + (number ?? 0), 0);
}
