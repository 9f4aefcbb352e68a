/** The parts of a day in the drawer: totals, failure, actions, runs, hours, tasks, inventory, query ids. */

import { acceptingCommand, ALL, command, runPath, UNFINISHED } from "./airflow.js";
import { copyable } from "./copying.js";
import { button, el } from "./dom.js";
import { DONE } from "./figures.js";
import { airflowLink } from "./links.js";
import * as states from "./states.js";
import { between, bytes, count, duration, hourSpan, moment } from "./text.js";
import { hoursTable, inRunbook, table, tasksTable } from "./tables.js";

/**
 * By the runbook's section of a load that was refused: when a person may let it through, and the
 * parameter that does. `reason` is the task's message.
 */
const ACCEPTING = new Map(Object.entries({
  fewerevents: () => ["If it is right that the day has fewer events:", '"accept_fewer": true'],
  anotherproject: (reason) => {
    const id = /"accept_project_id": "[A-Za-z0-9-]{1,64}"/.exec(reason)?.[0];
    const when = "Correct the keys in the connection. Only if the project was recreated at Amplitude, " +
      "let its new id join:";
    return id ? [when, id] : null;
  },
}));

const SOURCES = {
  load: "the event of its load",
  ledger: "the ledger, as read by amplitude_doctor",
};

/**
 * `detail`: the endpoint's response. `options`: {may, removed, gap, run, select}: whether the user is
 * allowed to start runs, whether the project was removed, the gap around the day, and the functions
 * that open the plan for (days, behaviour) and select days. `hour`: the hour that the user clicked,
 * or null.
 */
export function dayParts(detail, options, hour) {
  const hours = section("Hours", loadedSince(detail), hoursTable(detail.hours, hour, !detail.loaded_since));
  const { tasks, query_ids: queries } = detail;
  const taken = tasks.length ? section("Tasks of the newest run", tasksTable(tasks)) : null;
  return [
    totals(detail),
    detail.reason && failure(detail),
    acts(detail, options),
    // For a failed day, the tasks come first: they show where it failed.
    ...(detail.reason ? [taken, hours] : [hours, taken]),
    detail.changed_at_source && section("Changed at Amplitude", changed(detail)),
    section("Runs", runs(detail.runs)),
    detail.inventory && inventory(detail.inventory),
    queries.length ? section("Query ids", copyables(queries)) : null,
  ].filter(Boolean);
}

function section(title, ...content) {
  return el("section", {}, el("h3", {}, title), ...content);
}

/** Says whose counts are shown, if another DAG has loaded the day since its newest run. */
function loadedSince({ loaded_since: run }) {
  return run && el("p", { class: "why" },
    `Loaded again since by ${run}. Exported, unpacked and uploaded are of the newest run below.`);
}

function totals(detail) {
  const facts = [
    ["State", states.badge(detail.state)],
    ["Events", count(detail.events)],
    ["Files", count(detail.files)],
    ["Bytes", bytes(detail.bytes)],
    ["Lines quarantined", count(detail.quarantined)],
    ["Loaded", moment(detail.loaded_at)],
  ];
  if (detail.verified_at) facts.push(["Verified", moment(detail.verified_at)]);
  if (detail.source) facts.push(["Known from", SOURCES[detail.source] ?? detail.source]);
  return el("dl", { class: "totals" }, facts.map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function failure({ day, state, reason, tasks }) {
  const what = DONE.has(state) ? "Its newest run cannot be shown: " : "Why it failed: ";
  const runbook = tasks.find((task) => task.reason === reason)?.runbook;
  return el("div", { class: "notice bad" },
    el("p", {}, el("strong", {}, what), reason, inRunbook(runbook)),
    accepting(day, ACCEPTING.get(runbook)?.(reason)));
}

function accepting(day, way) {
  if (!way) return null;
  const [when, parameter] = way;
  return [
    el("p", {}, when),
    copyable(acceptingCommand(day, parameter), "the command that lets the day through"),
  ];
}

/** States of a day that Amplitude does not have whole. */
const EARLY = new Set(["not_due", "provisional"]);

function acts({ day, state }, { may, removed, gap, run, select }) {
  if (removed) return null;
  const behaviour = DONE.has(state) ? ALL : UNFINISHED;
  const due = !EARLY.has(state) && state !== "running";
  const start = may && due ? () => run([day], behaviour) : null;
  const label = behaviour === ALL ? "Re-run this day…" : "Load this day…";
  return el(
    "section",
    { class: "acts-of-day" },
    button(label, start, { class: "primary", "data-act": "run", "aria-describedby": "day-why" }),
    gap.length > 1
      ? button(`Select this gap (${gap.length} days)`, () => select(gap), { "data-act": "gap" })
      : null,
    el("p", { class: "why", id: "day-why" }, why(state, may)),
    copyable(command({ from: day, to: day, behaviour }), "the command"),
  );
}

function why(state, may) {
  if (!may) return "Your role can view runs, but not start them.";
  if (state === "running") return "A run of the day is queued or running.";
  return EARLY.has(state) ? "Amplitude does not have the whole day yet." : "";
}

function runs(list) {
  if (!list.length) return el("p", { class: "none" }, "Airflow has no run of this day.");
  return table(["Run", "Type", "State", "Started", "Took"], list.map((run) => [
    airflowLink(runPath(run.run_id), run.run_id),
    run.run_type,
    states.ofAirflow(run.stuck ? "queued, never starts" : run.state),
    moment(run.started),
    duration(between(run.started, run.ended)),
  ]));
}

/** The hours that the last second look found changed. */
function changed({ changed_at_source: { at, run_id: run, replaced, hours } }) {
  const outcome = replaced
    ? "The day was replaced by what it found."
    : "The day was not replaced: see the run of the second look.";
  return [
    el("p", {}, `The second look of ${moment(at)} (${run}) compared the day with a new export. ${outcome}`),
    table(["Hour, UTC", "When loaded", "Now", "New", "Gone"], hours.map((hour) => [
      hourSpan(hour.hour), count(hour.before), count(hour.now), count(hour.new), count(hour.gone),
    ])),
  ];
}

/** What amplitude_inventory found of the day, in bucket and volume. */
function inventory({ at, kinds }) {
  const rows = kinds.map((each) => [each.place, each.kind, count(each.count), bytes(each.bytes)]);
  const found = rows.length
    ? table(["Where", "What", "Files", "Bytes"], rows)
    : el("p", { class: "none" }, "Neither bucket nor volume has anything of this day.");
  return section("Inventory", el("p", { class: "why" }, `As of ${moment(at)}.`), found);
}

function copyables(ids) {
  const items = ids.map((id) => el("li", {}, copyable(id, "the query id")));
  return el("ul", { class: "queries" }, items);
}
