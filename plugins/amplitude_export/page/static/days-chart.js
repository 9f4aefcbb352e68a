/** Events per day over the range, oldest on the left, with the median of the same weekday. */

import { el, show, svg } from "./dom.js";
import { bar, drawing, Frame, middle, steps } from "./drawing.js";
import { DONE, GAP, NOT_DUE, median, weekdayMedians } from "./figures.js";
import { dayLabel } from "./row.js";
import * as states from "./states.js";
import { Tip } from "./tip.js";
import { count, counted } from "./text.js";

const ID = "days-chart";
const KEYS = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -7,
  PageDown: 7,
  Home: -Infinity,
  End: Infinity,
};

export class DaysChart extends EventTarget {
  #place;
  #days = []; // oldest first
  #at = null; // the day that is marked
  #width = 0;
  #tip = new Tip();

  /** Dispatches "current" and "go" with {day}: a bar that was focused, and one that was chosen. */
  constructor(place) {
    super();
    this.#place = place;
    place.addEventListener("click", (event) => this.#choose(event));
    place.addEventListener("keydown", (event) => this.#key(event));
    place.addEventListener("mouseover", (event) => this.#tip.over(slotOf(event)));
    place.addEventListener("mouseleave", () => this.#tip.hide());
    place.addEventListener("focusin", (event) => this.#tip.over(slotOf(event)));
    place.addEventListener("focusout", () => this.#tip.hide());
  }

  /** `width`: the space, in pixels. */
  update(days, at, width) {
    this.#width = width;
    const held = this.#place.contains(document.activeElement);
    this.#days = [...days].reverse();
    this.#at = at;
    this.#draw();
    if (held) this.#slot(at)?.focus();
  }

  /** Mark another day without drawing again. */
  mark(day) {
    this.#slot(this.#at)?.setAttribute("tabindex", -1);
    this.#place.querySelector(".slot.at")?.classList.remove("at");
    this.#at = day;
    const slot = this.#slot(day);
    slot?.setAttribute("tabindex", 0);
    slot?.classList.add("at");
  }

  #slot(day) {
    return [...this.#place.querySelectorAll(".slot")].find((slot) => slot.dataset.day === day);
  }

  #draw() {
    const days = this.#days;
    const medians = weekdayMedians(days);
    const usual = days.map((day) => medians.get(day.weekday));
    const frame = new Frame(this.#width, days.length, most(days, usual));
    const slots = days.map((day, index) => slot(frame, day, index, day.day === this.#at));
    show(
      this.#place,
      el("figcaption", {}, "Events per day", key()),
      drawing(frame, ID, "Events per day", summary(days), slots, steps(frame, usual),
        dates(frame, days)),
    );
  }

  #choose(event) {
    const slot = slotOf(event);
    if (slot) this.#tell("go", slot.dataset.day);
  }

  #key(event) {
    const slot = slotOf(event);
    if (!slot || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.#tell("go", slot.dataset.day);
    else if (event.key === "Escape") this.#tip.hide();
    else if (KEYS[event.key]) this.#step(slot.dataset.day, KEYS[event.key]);
    else return;
    event.preventDefault();
  }

  #step(day, by) {
    const from = this.#days.findIndex((other) => other.day === day);
    const to = Math.min(Math.max(from + by, 0), this.#days.length - 1);
    this.#tell("current", this.#days[to].day);
    this.#slot(this.#days[to].day).focus();
  }

  #tell(type, day) {
    this.dispatchEvent(new CustomEvent(type, { detail: { day } }));
  }
}

function slotOf(event) {
  return event.target.closest?.(".slot");
}

function most(days, usual) {
  return Math.max(0, ...days.map((day) => day.events ?? 0), ...usual.map((value) => value ?? 0));
}

/** One day: an area that takes the pointer, and its bar or the mark of a gap. */
function slot(frame, day, index, at) {
  const ground = { x: frame.x(index), y: frame.base - frame.tall, width: frame.slot,
    height: frame.tall };
  return svg(
    "g",
    { class: at ? "slot at" : "slot", "data-day": day.day, role: "button", tabindex: at ? 0 : -1,
      "aria-label": dayLabel(day) },
    svg("rect", { ...ground, class: "ground" }),
    day.events === null ? gap(frame, day, index) : bar(frame, index, day.events, barLook(day)),
  );
}

function barLook(day) {
  return DONE.has(day.state) ? states.look(day.state) : "s-loaded";
}

function gap(frame, day, index) {
  if (NOT_DUE.has(day.state)) return null;
  const wide = frame.slot >= 10;
  const look = wide && GAP.has(day.state) ? "hatched" : states.look(day.state);
  const rect = svg("rect", { x: middle(frame, index), y: frame.base - frame.tall, width: frame.bar,
    height: frame.tall, class: `gap ${look}`, fill: `url(#${ID}-hatch)` });
  if (!wide) return rect;
  const at = { x: frame.x(index) + frame.slot / 2, y: frame.base - 6, "text-anchor": "middle" };
  const glyph = { ...at, class: `gap-glyph ${states.look(day.state)}` };
  return [rect, svg("text", glyph, states.glyph(day.state))];
}

/** The dates below, as many as fit. */
function dates(frame, days) {
  const every = Math.ceil(80 / frame.slot);
  const last = days.length - 1;
  const from = days.length > 180 ? 0 : 5; // with the year if the range has two of them
  return days.map((day, index) => {
    if ((last - index) % every || frame.x(index) - frame.left < 20) return null;
    const at = { x: frame.x(index) + frame.slot / 2, y: frame.height - 4 };
    const anchor = index === last ? "end" : "middle";
    const x = index === last ? frame.right : at.x;
    return svg("text", { ...at, x, "text-anchor": anchor, class: "tick" }, day.day.slice(from));
  });
}

function key() {
  return el("span", { class: "key" }, el("i", { class: "line" }), "median of the weekday");
}

function summary(days) {
  const known = days.filter((day) => day.events !== null);
  if (!known.length) return "No day has events.";
  const gaps = days.filter((day) => GAP.has(day.state)).map((day) => day.day);
  const typical = count(median(known.map((day) => day.events)));
  const which = `${counted(gaps.length, "day")} not loaded: ${gaps.join(", ")}.`;
  const missing = gaps.length ? which : "";
  return `${counted(known.length, "day")} with events, ${typical} in the median. ${missing}`;
}
