import type { IncomingMessage } from "node:http";

/** How many times the limit is read and thrown away, so that a client that sends too much still gets its answer. */
const patience = 8;

/** Reads a request's body; undefined when it is longer than `mostBytes`. Rejects when the client leaves. */
export function bodyOf(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) chunks.push(chunk);
      else if (bytes > mostBytes * patience) request.destroy();
    });
    request.on("end", () => {
      const [only] = chunks;
      if (bytes > mostBytes) resolve(undefined);
      else resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks));
    });
    request.on("error", reject);
    request.on("close", () => reject(new Error("the client left")));
  });
}
