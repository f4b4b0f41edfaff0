import type { KeptFile } from "./api-state.ts";

/** One answer of an API; files are bytes. */
export interface ApiReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export function apiJson(status: number, value: unknown): ApiReply {
  return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
}

export function fileReply({ bytes, contentType, name }: KeptFile): ApiReply {
  const named = name === undefined ? {} : { "content-disposition": `attachment; filename="${latin(name)}"` };
  return { status: 200, contentType, body: bytes, headers: named };
}

/** UTF-8 as it stands, which is how the platforms write names into a header. */
function latin(name: string): string {
  return Buffer.from(name, "utf8").toString("latin1");
}
