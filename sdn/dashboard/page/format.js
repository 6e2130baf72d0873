/** How long, in the unit that fits: `850 ms`, `42 s`, `3 min`, `2 h`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** So many of something: `1 track`, `2 tracks`. @param {number} count @param {string} one */
export function many(count, one) {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

/** A state as people read it. @param {string} state */
export function words(state) {
  return state.replaceAll("_", " ");
}

/** @param {number | undefined} value */
export function bitrate(value) {
  if (value === undefined) return "";
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${short(value)} ${units[at]}`;
}

/** @param {number | undefined} value a share from 0 to 1 */
export function percent(value) {
  return value === undefined ? "" : `${short(value * 100)} %`;
}

/** @param {number | undefined} value */
export function milliseconds(value) {
  return value === undefined ? "" : `${short(value)} ms`;
}

/** A count: relays report it, and the controller smooths it. @param {number} value */
export function whole(value) {
  return String(Math.round(value));
}

/** A cost or count; nothing for nothing. @param {number | undefined} value */
export function number(value) {
  return value === undefined ? "" : String(Math.round(value * 10_000) / 10_000);
}

/**
 * What Prometheus' text says of one metric: labels and value of each line.
 *
 * @param {string} text
 * @param {string} name
 */
export function metricLines(text, name) {
  const lines = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${name}{`)) continue;
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    const labels = {};
    for (const [, label, quoted] of line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[label] = quoted.replace(/\\(.)/g, (_, what) => what === "n" ? "\n" : what);
    }
    lines.push({ labels, value });
  }
  return lines;
}

function short(value) {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
