export interface AskOptions {
  /** Sent as JSON, with its content type. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<Data = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed when it is JSON; an API answer's envelope. */
  readonly body: { readonly code: number; readonly message: string; readonly data: Data };
}

/** One HTTP request, read to its end. */
export async function ask<Data>(
  url: string,
  method: string,
  path: string,
  { json, text, headers = {} }: AskOptions = {},
): Promise<Answer<Data>> {
  const sent = json === undefined ? text : JSON.stringify(json);
  const typed = json === undefined ? headers : { "content-type": "application/json", ...headers };
  const response = await fetch(url + path, { method, headers: typed, ...(sent === undefined ? {} : { body: sent }) });
  const received = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    text: received,
    body: isJson ? JSON.parse(received) : undefined,
  };
}
