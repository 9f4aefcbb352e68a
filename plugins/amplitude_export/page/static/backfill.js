/** The running backfill: its progress, and buttons to pause, resume and cancel it. */

import { changeBackfill } from "./airflow.js";
import { button, el } from "./dom.js";
import { progress } from "./figures.js";
import { announce, complain, post, speak, withdraw } from "./notices.js";
import { explain } from "./problems.js";
import { counted } from "./text.js";

const BAR = "backfill";

export class BackfillBar {
  #may = false;
  #changed;
  #backfill = null;
  #days = [];
  #cancelled = null; // the id of the backfill that was cancelled from here
  #asking = false; // whether "Cancel" waits for its confirmation
  #drawn = "";
  #spoken = "";

  /** `changed` is called after the user changed the backfill. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** `backfill`: the running one or null; `days`: those shown, which are counted. */
  update(backfill, days, may) {
    const over = this.#backfill && this.#backfill.id !== backfill?.id;
    if (over) this.#close(days);
    [this.#backfill, this.#days, this.#may] = [backfill, days, may];
    if (backfill) this.#draw();
    else withdraw(BAR);
  }

  #close(days) {
    const over = this.#cancelled === this.#backfill.id ? "is cancelled" : "is over";
    this.#asking = false;
    const now = progress(days, this.#backfill);
    const kind = now.loaded === now.total ? "good" : "warn";
    if (now.total) announce(kind, `The backfill ${over}: ${counts(now)}.`);
  }

  #draw() {
    const now = progress(this.#days, this.#backfill);
    const words = wording(now, this.#backfill, this.#days);
    const drawn = JSON.stringify([words, this.#backfill, this.#asking, this.#may]);
    if (drawn === this.#drawn && document.querySelector(`[data-notice="${BAR}"]`)) return;
    this.#drawn = drawn;
    const held = document.activeElement?.closest(`[data-notice="${BAR}"]`);
    const bar = post(BAR, "calm", meter(now), el("p", {}, words), ...this.#acts());
    if (held) bar.querySelector("button:enabled")?.focus();
    if (words !== this.#spoken) speak(words);
    this.#spoken = words;
  }

  #acts() {
    if (this.#asking) return this.#question();
    const other = this.#backfill.is_paused ? ["Resume", "unpause"] : ["Pause", "pause"];
    const ask = () => this.#ask(true);
    return [
      this.#button(other[0], () => this.#change(other[1])),
      this.#button("Cancel…", ask),
      this.#may ? null : el("p", { class: "why" }, "Your role can view the backfill, but not change it."),
    ];
  }

  #question() {
    const what = "Cancel it? Runs in the queue are marked failed; running ones finish. " +
      "Run its days again from this page: a run that is cleared after this never starts.";
    const cancel = () => this.#change("cancel");
    return [el("div", { class: "question" }, el("p", {}, el("strong", {}, what)),
      this.#button("Cancel the backfill", cancel, "small danger"),
      this.#button("Keep it", () => this.#ask(false)))];
  }

  #button(label, act, look = "small") {
    return button(label, this.#may ? act : null, { class: look });
  }

  #ask(asking) {
    this.#asking = asking;
    this.#draw();
  }

  async #change(act) {
    this.#asking = false;
    try {
      await changeBackfill(this.#backfill, act);
      if (act === "cancel") this.#cancelled = this.#backfill.id;
      withdraw("problem");
    } catch (problem) {
      complain("problem", explain(problem, true));
    }
    await this.#changed();
  }
}

function meter({ total, loaded, failed }) {
  return el("progress", { max: Math.max(total, 1), value: loaded + failed, "aria-hidden": "true" });
}

/** "Backfill of 2026-11-13 to 2026-11-17: 2 of 5 days loaded, 1 running, 2 queued." */
function wording(now, backfill, days) {
  const [from, to] = [backfill.from_date, backfill.to_date].map((iso) => iso.slice(0, 10));
  const paused = backfill.is_paused ? " Paused: no new run starts." : "";
  const beyond = from < days.at(-1)?.day ? " Days before those shown are not counted." : "";
  return `Backfill of ${from} to ${to}: ${now.total ? counts(now) : "starting"}.${paused}${beyond}`;
}

/** "2 of 5 days loaded, 1 running, 2 queued". */
function counts(now) {
  const others = ["running", "queued", "failed"].filter((state) => now[state]);
  const parts = others.map((state) => `${now[state]} ${state}`);
  return [`${now.loaded} of ${counted(now.total, "day")} loaded`, ...parts].join(", ");
}
