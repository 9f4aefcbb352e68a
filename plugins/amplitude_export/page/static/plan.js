/** The plan before a backfill: the days that would run, the command line, and the confirmation. */

import * as airflow from "./airflow.js";
import { Problem } from "./api.js";
import { copyable } from "./copying.js";
import { button, el, show } from "./dom.js";
import { complaint, speak, statusPlace, withdraw } from "./notices.js";
import { explain } from "./problems.js";
import * as states from "./states.js";
import { counted } from "./text.js";

export class Plan extends EventTarget {
  #dialog;
  #state; // returns what the page shows: {days, paused, backfill}
  #asked = 0; // counts the requests; the response to an older one is dropped

  /** Dispatches "started" with the backfill in `detail` once Airflow has created it. */
  constructor(dialog, state) {
    super();
    this.#dialog = dialog;
    this.#state = state;
    dialog.addEventListener("close", () => (this.#asked += 1));
  }

  /** Ask Airflow which days it would run in the range of these days. `days`: oldest first. */
  async propose(days, behaviour) {
    const stretch = { from: days[0], to: days.at(-1), behaviour };
    this.#draw(stretch, el("p", { class: "asking" }, "Asking Airflow what it would run …"));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#asked += 1;
    const asked = this.#asked;
    const content = await this.#answer(days, stretch);
    if (asked === this.#asked) this.#draw(stretch, ...content);
  }

  async #answer(days, stretch) {
    try {
      const runs = await airflow.wouldRun(stretch);
      const stuck = this.#stuck(days, stretch, runs);
      if (runs.length) return [...this.#question(days, stretch, runs), stuck];
      return stuck ? [stuck] : this.#nothing(days, stretch);
    } catch (problem) {
      return refusal(problem, stretch);
    }
  }

  #draw({ behaviour }, ...content) {
    const title = behaviour === airflow.ALL ? "Run days again" : "Load missing days";
    const heading = el("h2", { id: "plan-title", tabindex: -1 }, title);
    const back = button("Back", () => this.#dialog.close(), { "data-act": "back" });
    show(this.#dialog, heading, statusPlace(), ...content, el("div", { class: "acts" },
      this.#confirm, back));
    this.#confirm = null;
    heading.focus();
  }

  #confirm = null;

  #question(days, stretch, runs) {
    const obstacle = this.#obstacle();
    const start = () => this.#start(stretch, runs);
    const label = `Start ${counted(runs.length, "run")}`;
    const look = { class: "primary", "data-act": "start" };
    this.#confirm = button(label, obstacle ? null : start, look);
    const { days: shown, paused } = this.#state();
    const order = runs.length > 1 ? ", two at a time, oldest first" : "";
    speak(`Airflow would run ${counted(runs.length, "day")}.`);
    return [
      el("p", {}, `Airflow would run ${counted(runs.length, "day")}${order}:`),
      el("ul", { class: "runs", tabindex: 0, "aria-label": "Days" }, runs.map((day) => entry(day, days, shown))),
      also(runs, days),
      spared(days, runs),
      obstacle && el("p", { class: "obstacle" }, obstacle),
      paused && el("p", { class: "obstacle" }, "The DAG is paused: the runs wait until you unpause it."),
      ...commandLine(stretch),
    ].map((part) => part || null);
  }

  /** Airflow allows one backfill of a DAG at a time, so that a running one is an obstacle. */
  #obstacle() {
    const { backfill } = this.#state();
    if (!backfill) return null;
    const [from, to] = [backfill.from_date, backfill.to_date].map((iso) => iso.slice(0, 10));
    return `A backfill of ${from} to ${to} is running, and Airflow allows one per DAG at a ` +
      "time. Wait for it, or cancel it.";
  }

  /** The days in the range whose run never starts, and a button that makes them free to run. */
  #stuck(days, stretch, runs) {
    const inRange = ({ day }) => day >= stretch.from && day <= stretch.to && !runs.includes(day);
    const stuck = this.#state().days.filter((day) => day.stuck_run && inRange(day));
    if (!stuck.length) return null;
    const names = stuck.map(({ day }) => day).sort().join(", ");
    const one = stuck.length === 1;
    const which = `${names}: ${one ? "its run is" : "their runs are"} queued for a backfill that was cancelled.`;
    const todo = ` Airflow never starts ${one ? "it" : "them"}. Once marked failed, the day can run.`;
    const release = () => this.#release(days, stretch, stuck);
    speak(which);
    return el("div", { class: "notice warn" }, el("p", {}, el("strong", {}, which), todo),
      button(`Mark ${counted(stuck.length, "run")} failed`, release, { "data-act": "release" }));
  }

  async #release(days, stretch, stuck) {
    this.#draw(stretch, el("p", { class: "asking" }, "Marking the runs …"));
    try {
      for (const { stuck_run: run } of stuck) await airflow.markFailed(run);
    } catch (problem) {
      this.#draw(stretch, ...refusal(problem, stretch));
      return;
    }
    await this.propose(days, stretch.behaviour);
  }

  #nothing(days, stretch) {
    const again = () => this.propose(days, airflow.ALL);
    if (stretch.behaviour !== airflow.ALL) {
      this.#confirm = button("Re-run them…", again, { "data-act": "rerun" });
    }
    const { from, to } = stretch;
    const which = from === to ? from : `Each day of ${from} to ${to}`;
    const why = "is already loaded or running, or is not over yet.";
    speak("Nothing to run.");
    return [el("p", {}, el("strong", {}, "Nothing to run."), ` ${which} ${why}`)];
  }

  async #start(stretch, runs) {
    this.#draw(stretch, el("p", { class: "asking" }, "Starting …"));
    let backfill;
    try {
      backfill = await airflow.startBackfill(stretch);
    } catch (problem) {
      this.#draw(stretch, ...refusal(problem, stretch));
      return;
    }
    this.#dialog.close();
    withdraw("result");
    speak(`Airflow has queued ${counted(runs.length, "run")}.`);
    this.dispatchEvent(new CustomEvent("started", { detail: backfill }));
  }
}

function entry(day, chosen, shown) {
  const known = shown.find((other) => other.day === day);
  return el(
    "li",
    {},
    el("span", { class: "date" }, known ? `${day} ${known.weekday}` : day),
    known ? states.badge(known.state) : null,
    chosen.includes(day) ? null : el("span", { class: "also" }, "also"),
  );
}

function also(runs, chosen) {
  const others = runs.filter((day) => !chosen.includes(day));
  if (!others.length) return null;
  return el("p", { class: "obstacle" }, el("strong", {}, "also: "),
    `${counted(others.length, "day")} between the first and the last that you did not select. ` +
    "Airflow runs all days of a range; select fewer days to exclude them.");
}

/** Selected days that need no run. */
function spared(chosen, runs) {
  const days = chosen.filter((day) => !runs.includes(day));
  return days.length ? el("p", {}, `Selected, but nothing to run for: ${days.join(", ")}.`) : null;
}

function commandLine(stretch) {
  return [
    el("p", { class: "caption" }, "The same on the command line"),
    copyable(airflow.command(stretch), "the command"),
  ];
}

function refusal(problem, stretch) {
  if (!(problem instanceof Problem)) throw problem;
  const told = explain(problem, true);
  speak(`${told.what} ${told.todo}`);
  return [el("div", { class: "notice bad" }, ...complaint(told)), ...commandLine(stretch)];
}
