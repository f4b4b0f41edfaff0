export interface Answer {
  readonly status: number;
  /** Latin-1 text of the bytes: enough to compare, and to find ASCII in. */
  readonly body: string;
}

/**
 * Cuts the bytes of a kept-alive HTTP/1.1 connection into answers. Knows only `Content-Length`, which the hub
 * always sends; a general client would cost several times as much and the load generator would be the bottleneck.
 */
export class AnswerReader {
  #rest = "";

  /**
   * The answer that these bytes complete, if they do. One request is under way at a time.
   *
   * @throws Error when the bytes are no such answer.
   */
  read(chunk: Buffer): Answer | undefined {
    const text = this.#rest === "" ? chunk.toString("latin1") : this.#rest + chunk.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return this.#keep(text);
    const length = lengthIn(text.slice(0, end));
    const from = end + 4;
    if (text.length < from + length) return this.#keep(text);
    if (text.length > from + length) throw new Error("more bytes than one answer came on a connection");
    this.#rest = "";
    return { status: Number(text.slice(9, 12)), body: text.slice(from) };
  }

  #keep(text: string): undefined {
    if (text.length > longest) throw new Error(`no complete answer within ${longest} bytes`);
    this.#rest = text;
  }
}

const longest = 65_536;

function lengthIn(head: string): number {
  if (!head.startsWith("HTTP/1.1 ")) throw new Error(`not an HTTP/1.1 answer: ${head.slice(0, 40)}`);
  const found = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (!found) throw new Error("an answer without Content-Length");
  return Number(found[1]);
}
