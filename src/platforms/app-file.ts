import { openApp } from "./app-answer.ts";
import { type AppAnswer, AppFailure, type AppPorts, type FileAnswer } from "./app-calls.ts";
import { statusErrorOf } from "./http.ts";

/** Where a file may be fetched from. */
export interface FilePlaces {
  /** The account's own setting: its host and port are trusted, and its scheme is enough. */
  readonly base: string;
  /** Hosts that the platform keeps files on, each with everything below it. */
  readonly hosts: readonly string[];
}

/**
 * Fetches a file from an address that a message or a platform named. Anyone can put an address into a message where
 * it is not signed, so it must lead to the platform: never into the hub's own network.
 *
 * @throws AppFailure without quoting the address, which often carries a credential.
 */
export async function openFile(address: string, places: FilePlaces, ports: AppPorts): Promise<FileAnswer> {
  const url = fileAddress(address, places);
  const { http, timeoutMs, nowMs } = ports;
  const answer = await openApp(http, { method: "GET", url: url.href, timeoutMs }, { secrets: [url.search], nowMs });
  const error = statusErrorOf({ ...answer, body: "" }, nowMs);
  if (error) {
    answer.close();
    throw new AppFailure({ ...error, advice: "文件地址已失效或不可访问" });
  }
  return fileIn(answer);
}

/** The file in an answer that is one. */
export function fileIn({ headers, chunks }: AppAnswer): FileAnswer {
  const type = oneOf(headers["content-type"]);
  return { chunks, contentType: type, name: nameIn(oneOf(headers["content-disposition"])) };
}

/**
 * The address, if it leads to the platform. `http:` on one of its public hosts becomes `https:`: official accounts'
 * pictures are still told that way, and what is signed in such addresses is never the scheme.
 *
 * @throws AppFailure
 */
export function fileAddress(address: string, { base, hosts }: FilePlaces): URL {
  const url = address.length <= longestAddress ? URL.parse(address) : null;
  const own = new URL(base.replace(/^ws/i, "http"));
  if (url && (url.protocol === "https:" || url.protocol === "http:") && url.username === "" && url.password === "") {
    if (url.host === own.host && (url.protocol === "https:" || own.protocol === "http:")) return url;
    const isPublic = hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
    if (isPublic && url.port === "") {
      url.protocol = "https:";
      return url;
    }
  }
  throw new AppFailure({
    kind: "rejected",
    code: "file-address",
    message: `the file is on ${url?.host ?? "no valid address"}, expected ${[own.host, ...hosts].join(", ")}`,
    advice: "文件地址不属于该平台，未下载",
  });
}

/** Characters. */
const longestAddress = 8_192;

/** RFC 6266: `filename*` in UTF-8 before `filename`. */
function nameIn(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const extended = /filename\*\s*=\s*utf-8''([^;\s]{1,1024})/i.exec(disposition)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // Not percent-encoded UTF-8: the plain name may say it.
    }
  }
  const plain = /filename\s*=\s*(?:"([^"]{1,512})"|([^";\s]{1,512}))/i.exec(disposition);
  const name = plain?.[1] ?? plain?.[2];
  // Headers are read as Latin-1; platforms write UTF-8 into them all the same.
  return name === undefined ? undefined : utf8Of(name);
}

function utf8Of(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  const decoded = bytes.toString("utf8");
  return decoded.includes("\ufffd") ? text : decoded;
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
