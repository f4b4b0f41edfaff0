import type { Call } from "./stand-in.ts";

/** The bytes of the part called `media`, which must have a file name (RFC 7578); undefined when there is none. */
export function uploadedPart(call: Call): Buffer | undefined {
  const boundary = /^multipart\/form-data;.*?boundary="?([^";]{1,200})"?/i.exec(
    call.headers["content-type"] ?? "",
  )?.[1];
  if (boundary === undefined) return undefined;
  const delimiter = Buffer.from(`--${boundary}`);
  let start = call.body.indexOf(delimiter);
  while (start >= 0) {
    const end = call.body.indexOf(delimiter, start + delimiter.length);
    if (end < 0) return undefined;
    // A part lies between the line break after one delimiter and the one before the next.
    const part = call.body.subarray(start + delimiter.length + 2, end - 2);
    const gap = part.indexOf("\r\n\r\n");
    const headers = part.subarray(0, Math.max(gap, 0)).toString("utf8");
    if (
      gap >= 0 &&
      /^content-disposition:.*\bname="?media"?(;|\s|$)/im.test(headers) &&
      /\bfilename="?[^"]/i.test(headers)
    ) {
      return part.subarray(gap + 4);
    }
    start = end;
  }
  return undefined;
}
