/** The states of hours and days: glyph, label and meaning, as the endpoint's legend has them. */

import { el } from "./dom.js";

let legend = new Map();

/** Takes the endpoint's `states`. */
export function learn(states) {
  legend = new Map(states.map((entry) => [entry.state, entry]));
}

export const known = () => [...legend.values()];

export const glyph = (state) => legend.get(state)?.glyph ?? "?";

export const label = (state) => legend.get(state)?.label ?? String(state);

/** The class of the style sheet; nothing that the legend does not know becomes one. */
export const look = (state) => `s-${legend.has(state) ? state : "unknown"}`;

/** Glyph and label on the state's colour. */
export function badge(state) {
  const words = el("span", { class: "label" }, ` ${label(state)}`);
  return el("span", { class: `badge ${look(state)}` }, mark(state), words);
}

/** The glyph alone, hidden from who hears the label. */
export function mark(state) {
  return el("span", { class: "glyph", "aria-hidden": "true" }, glyph(state));
}

const LOOKS = { success: "s-loaded", failed: "s-failed", upstream_failed: "s-failed",
  running: "s-running" };

/** A run's or a task's state, by Airflow's own name; null is what has not begun. */
export function ofAirflow(state) {
  return el("span", { class: `badge ${LOOKS[state] ?? "s-plain"}` }, state ?? "not yet");
}
