/** Requests with the user's own cookie, and their errors. */

// Milliseconds. Longer than the slowest response with 400 days; a page must not wait for ever.
const LIMIT = 60_000;

/** An error response, or none at all (status 0); `detail` is text for the user. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
    this.detail = detail;
  }
}

/** Return the JSON of the response. Throws Problem. */
export async function request(url, method = "GET", body = undefined) {
  const response = await send(url, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT),
  });
  const content = await json(response);
  if (!response.ok) throw new Problem(response.status, plain(content?.detail) || response.statusText);
  if (content === null) throw new Problem(response.status, "The response is not JSON.");
  return content;
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw new Problem(0, error.message);
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    return null; // for example the page of a proxy; the caller looks at the status
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
