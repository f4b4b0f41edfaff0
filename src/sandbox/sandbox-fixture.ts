import { onTestFinished } from "vitest";
import { createSandbox, type ListenOptions, type Sandbox, type SandboxOptions } from "./server.ts";

/** 2026-01-01T00:00:00Z, until a test moves it. Milliseconds. */
export const newYear = 1_767_225_600_000;

interface Visit {
  readonly sandbox: Sandbox;
  readonly clock: { now: number };
  /** Posts JSON, or text as it is. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** Any method; a body is sent as JSON. */
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
}

interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  /** Parsed when it is JSON. */
  readonly body: unknown;
}

/** A sandbox on a free port with a clock in the test's hand; closed when the test ends. */
export async function visit(options: SandboxOptions = {}, listen: ListenOptions = {}): Promise<Visit> {
  const clock = { now: newYear };
  const sandbox = createSandbox({ now: () => clock.now, ...options });
  await sandbox.listen(listen);
  onTestFinished(() => sandbox.close());
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const typed = { "content-type": "application/json", ...headers };
    const response = await fetch(sandbox.url + path, { method, headers: typed, ...sent });
    const text = await response.text();
    const type = response.headers.get("content-type");
    const parsed: unknown = type?.startsWith("application/json") ? JSON.parse(text) : text;
    return { status: response.status, type, headers: response.headers, body: parsed };
  };
  return {
    sandbox,
    clock,
    ask,
    post: (path, body, headers) => ask("POST", path, body, headers),
  };
}
