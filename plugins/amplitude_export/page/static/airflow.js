/** Airflow's own API, called with the user's rights: backfills of the daily DAG, and its pause. */

import { Problem, request } from "./api.js";

export const DAG_ID = "amplitude_to_snowflake";
const API = "../api/v2";
// Amplitude serves four windows at once (see the DAG); more days in parallel would only wait.
const AT_ONCE = 2;

/** The days of a range that a backfill runs: those that are not loaded, or all of them. */
export const UNFINISHED = "failed";
export const ALL = "completed";

function body(stretch) {
  return {
    dag_id: DAG_ID,
    from_date: `${stretch.from}T00:00:00Z`,
    to_date: `${stretch.to}T00:00:00Z`,
    reprocess_behavior: stretch.behaviour,
    max_active_runs: AT_ONCE,
  };
}

/** The days that a backfill would run, oldest first. `stretch`: {from, to, behaviour}, inclusive. */
export async function wouldRun(stretch) {
  const answer = await request(`${API}/backfills/dry_run`, "POST", body(stretch));
  return answer.backfills.map((run) => run.logical_date.slice(0, 10));
}

export const startBackfill = (stretch) => request(`${API}/backfills`, "POST", body(stretch));

/** The same on the command line, which reads a bare date in Airflow's default time zone. */
export function command({ from, to, behaviour }) {
  return (
    `airflow backfill create --dag-id ${DAG_ID} --from-date ${from}T00:00:00Z ` +
    `--to-date ${to}T00:00:00Z ` +
    `--reprocess-behavior ${behaviour} --max-active-runs ${AT_ONCE}`
  );
}

/** Run a loaded day again, and let it have fewer events: a cleared run gets no new parameters. */
export function acceptFewerCommand(day) {
  const again = command({ from: day, to: day, behaviour: ALL });
  return `${again} --dag-run-conf '{"accept_fewer": true}'`;
}

export const unpauseCommand = `airflow dags unpause ${DAG_ID}`;

/** Return the newest backfill, or null if there is none that this user is allowed to see. */
export async function newestBackfill() {
  const query = `dag_id=${DAG_ID}&order_by=-id&limit=1`;
  try {
    return (await request(`${API}/backfills?${query}`)).backfills[0] ?? null;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 403) return null;
    throw problem;
  }
}

/** `act`: pause, unpause or cancel. */
export function changeBackfill(backfill, act) {
  return request(`${API}/backfills/${encodeURIComponent(backfill.id)}/${act}`, "PUT");
}

export function unpauseDag() {
  return request(`${API}/dags/${DAG_ID}?update_mask=is_paused`, "PATCH", { is_paused: false });
}

/** Mark a run failed: a backfill takes the day of a run that has ended. */
export function markFailed(runId) {
  const path = `${API}/dags/${DAG_ID}/dagRuns/${encodeURIComponent(runId)}`;
  return request(`${path}?update_mask=state`, "PATCH", { state: "failed" });
}

/** Paths below Airflow's root. */
const dagPath = `dags/${DAG_ID}`;
export const runPath = (runId) => `${dagPath}/runs/${encodeURIComponent(runId)}`;
export const pagePath = `${dagPath}/plugin/amplitude-days`;
export const loginPath = (back) => `api/v2/auth/login?next=${encodeURIComponent(back)}`;
