/** Asks for the grid and the backfill: at once and by itself, more often while something runs, most of all a backfill. */

import { newestBackfill } from "./airflow.js";
import { Problem, readDays } from "./api.js";
import { complain, withdraw } from "./notices.js";
import { explain } from "./problems.js";

const SOON = 3_000;
const WATCHING = 15_000; // a run may wait for Amplitude for hours
const LATER = 60_000;

export class Reading {
  #range;
  #show;
  #fail;
  #timer = null;
  #asked = 0; // the request whose answer counts: of several at once the last
  #pause = LATER;

  /** `show` is called with the grid's answer and the newest backfill, `fail` when there is none. */
  constructor(range, show, fail) {
    this.#range = range;
    this.#show = show;
    this.#fail = fail;
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  get range() {
    return this.#range;
  }

  setRange(days) {
    this.#range = days;
    return this.now();
  }

  async now() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const asked = this.#asked;
    const show = await this.#read();
    if (asked !== this.#asked) return;
    show();
    this.#again();
  }

  /** What is to be done with what came, so that nothing is done for an answer that is too late. */
  async #read() {
    try {
      const [data, newest] = await Promise.all([readDays(this.#range), newestBackfill()]);
      return () => this.#came(data, newest);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return () => this.#failed(problem);
    }
  }

  #failed(problem) {
    this.#fail();
    complain("reading", explain(problem), () => this.now());
  }

  #came(data, newest) {
    withdraw("reading");
    const runs = data.days.some((day) => day.state === "running");
    if (newest && !newest.completed_at) this.#pause = SOON;
    else this.#pause = runs ? WATCHING : LATER;
    this.#show(data, newest);
  }

  /** Nobody looks at a page that is hidden: it asks when it is seen again. */
  #again() {
    if (!document.hidden) this.#timer = setTimeout(() => this.now(), this.#pause);
  }

  #seen() {
    if (document.hidden) clearTimeout(this.#timer);
    else this.now();
  }
}
