/**
 * A time as the operator's clock on the wall shows it, with its offset: `2026-11-05 09:03:07 +08:00`.
 *
 * @param at Epoch milliseconds.
 */
export function localTime(at: number): string {
  const { year, month, day, hour, minute, second } = localParts(at);
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offsetOf(at)}`;
}

/** The same for a file name: `20261105_090307`. */
export function localStamp(at: number): string {
  const { year, month, day, hour, minute, second } = localParts(at);
  return `${year}${month}${day}_${hour}${minute}${second}`;
}

function localParts(at: number) {
  const date = new Date(at);
  return {
    year: String(date.getFullYear()).padStart(4, "0"),
    month: two(date.getMonth() + 1),
    day: two(date.getDate()),
    hour: two(date.getHours()),
    minute: two(date.getMinutes()),
    second: two(date.getSeconds()),
  };
}

function offsetOf(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
