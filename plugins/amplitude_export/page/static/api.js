/** Requests, with the user's own cookie, and what can go wrong with them. */

// Longer than the slowest answer of a grid of 400 days; a page must not wait for ever.
const LIMIT = 60_000;

/** An answer that is an error, or none at all (status 0); `detail` is text for a person. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
    this.detail = detail;
  }
}

/** The JSON of an answer. Raises Problem. */
export async function request(url, method = "GET", body = undefined) {
  const answer = await send(url, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT),
  });
  const content = await json(answer);
  if (!answer.ok) throw new Problem(answer.status, plain(content?.detail) || answer.statusText);
  if (content === null) throw new Problem(answer.status, "The answer is no JSON.");
  return content;
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw new Problem(0, error.message);
  }
}

async function json(answer) {
  try {
    return await answer.json();
  } catch {
    return null; // the page of a proxy, say; the caller tells by the status
  }
}

/** Airflow's `detail` is text, a list of {loc, msg}, or an object. */
function plain(detail) {
  if (Array.isArray(detail)) return detail.map(plain).join("; ");
  if (detail && typeof detail === "object") {
    const at = Array.isArray(detail.loc) ? `${detail.loc.join(".")}: ` : "";
    return detail.msg ? at + detail.msg : JSON.stringify(detail);
  }
  return detail ?? "";
}

/** The grid: see docs/page.md. */
export const readDays = (number) => request(`api/days?days=${number}`);

/** One day in detail. */
export const readDay = (day) => request(`api/days/${encodeURIComponent(day)}`);

export const csvAddress = (number) => `api/days.csv?days=${number}`;
