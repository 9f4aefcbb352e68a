/** Parts of both charts: the frame, the scale at its side, bars, and the hatching. */

import { svg } from "./dom.js";
import { roundUp } from "./figures.js";
import { count } from "./text.js";

const MARGIN = { left: 44, right: 6, top: 8, bottom: 18 };
const HEIGHT = 116;

/** Positions for `slots` bars side by side and up to `most` events. All in pixels. */
export class Frame {
  constructor(width, slots, most) {
    this.width = Math.max(width, 160);
    this.height = HEIGHT;
    this.top = roundUp(most);
    this.left = MARGIN.left;
    this.right = this.width - MARGIN.right;
    this.base = HEIGHT - MARGIN.bottom;
    this.tall = this.base - MARGIN.top;
    this.slot = (this.right - this.left) / slots;
  }

  x(index) {
    return this.left + index * this.slot;
  }

  y(events) {
    return this.base - (this.tall * Math.min(events, this.top)) / this.top;
  }

  /** The width of a bar, with some space between bars if there is room. */
  get bar() {
    return this.slot > 4 ? this.slot - Math.min(4, this.slot * 0.25) : this.slot;
  }
}

/** A drawing with its texts for screen readers: its `name`, and a `summary` of what it shows. */
export function drawing(frame, id, name, summary, ...parts) {
  const size = { width: frame.width, height: frame.height };
  return svg(
    "svg",
    {
      ...size,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "group",
      "aria-labelledby": `${id}-name`,
      "aria-describedby": `${id}-summary`,
    },
    svg("title", { id: `${id}-name` }, name),
    svg("desc", { id: `${id}-summary` }, summary),
    hatching(id),
    scale(frame),
    ...parts,
  );
}

function hatching(id) {
  const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse" };
  const line = svg("path", { d: "M0 6 6 0 M-1 1 1 -1 M5 7 7 5", class: "hatch" });
  return svg("defs", {}, svg("pattern", { id: `${id}-hatch`, ...size }, line));
}

function scale(frame) {
  return [0, frame.top / 2, frame.top].map((events) => {
    const y = Math.round(frame.y(events)) + 0.5;
    const line = svg("line", { x1: frame.left, x2: frame.right, y1: y, y2: y, class: "rule" });
    const number = { x: frame.left - 6, y: y + 3.5, "text-anchor": "end", class: "tick" };
    return svg("g", {}, line, svg("text", number, short(events)));
  });
}

function short(events) {
  if (events >= 1e6) return `${count(events / 1e6)} M`;
  return events >= 1e4 ? `${count(events / 1e3)} k` : count(events);
}

export function bar(frame, index, events, look) {
  const y = frame.y(events);
  const height = Math.max(frame.base - y, events > 0 ? 1 : 0);
  return svg("rect", { x: middle(frame, index), y: frame.base - height, width: frame.bar, height,
    class: `bar ${look}` });
}

/** The left edge of a bar that is centred in its slot. */
export function middle(frame, index) {
  return frame.x(index) + (frame.slot - frame.bar) / 2;
}

/** A line with a step for each slot; it is interrupted at unknown values. */
export function steps(frame, values) {
  const parts = values.map((value, index) => {
    if (value === null) return "";
    const start = index && values[index - 1] !== null ? "L" : "M";
    return `${start}${frame.x(index)} ${frame.y(value)} H${frame.x(index + 1)}`;
  });
  const look = frame.slot < 6 ? "median thin" : "median";
  return svg("path", { d: parts.join(" "), class: look });
}
