/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** @param {number} value */
export function bitrate(value) {
  return scaled(value, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
}

/** @param {number} value */
export function bytes(value) {
  return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

function scaled(value, step, units) {
  let at = 0;
  for (; value >= step && at < units.length - 1; at++) value /= step;
  return `${value >= 100 || at === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${
    units[at]
  }`;
}
