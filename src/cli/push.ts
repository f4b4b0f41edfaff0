import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface PushCommand {
  readonly to: string;
  readonly title: string;
  readonly type: string;
  readonly style: string;
  readonly strategy?: string;
  readonly platform?: string;
  readonly url?: string;
  readonly key?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly data?: Record<string, unknown>;
}

interface TaskView {
  readonly task_id: string;
  readonly status: string;
  readonly results: readonly { platform: string; webhook: string; status: string; message: string }[];
}

/** How long between two looks at the task; the hub answers from its store, so this is cheap. */
const LOOK_MS = 200;

/**
 * `yizhan push`: sends, then waits until the task is settled. Exit code 0: a channel took it; 1: it failed, or the
 * hub refused it; 3: it was accepted but is still on its way.
 */
export async function push(words: readonly string[], command: PushCommand): Promise<void> {
  const { env, stdin } = process;
  const said = words.join(" ");
  const msg = said === "" || said === "-" ? (await text(stdin)).trimEnd() : said;
  const hub = (command.url ?? env.YIZHAN_URL ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
  const key = command.key ?? env.YIZHAN_API_KEY;
  const headers = { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) };
  const { to, title, type, style, strategy, platform } = command;
  const body = JSON.stringify({ recipient_alias: to, type, style, strategy, platform, content: { title, msg } });

  const accepted = await ask(`${hub}/api/v1/push`, { method: "POST", headers, body });
  if (accepted.code !== 200) return fail(refusal(accepted), 1);
  const id = String(accepted.data?.task_id);
  const deadline = Date.now() + command.timeout * 1000;
  for (;;) {
    const looked = await ask(`${hub}/api/v1/task/${id}`, { headers });
    if (looked.code !== 200) return fail(refusal(looked), 1);
    const task = looked.data as unknown as TaskView;
    if (task.status !== "processing") return report(task, command);
    if (Date.now() > deadline) {
      report(task, command);
      return fail(`task ${id} is still on its way; the hub keeps trying`, 3);
    }
    await sleep(LOOK_MS);
  }
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  try {
    const answer = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(30_000) });
    return (await answer.json()) as Answer;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { code: 0, message: `no hub answers at ${new URL(url).origin} (${cause})` };
  }
}

function refusal({ message, data }: Answer): string {
  return data?.error === undefined ? message : `${message}: ${String(data.error)}`;
}

function report(task: TaskView, { json }: PushCommand): void {
  if (json) process.stdout.write(`${JSON.stringify(task)}\n`);
  else {
    process.stdout.write(`${task.task_id} ${task.status}\n`);
    for (const { platform, webhook, status, message } of task.results) {
      process.stdout.write(`  ${platform} ${webhook}: ${status} ${message}\n`);
    }
  }
  if (task.status === "failed") process.exitCode = 1;
}

function fail(message: string, code: number): void {
  process.stderr.write(`yizhan: ${message}\n`);
  process.exitCode = code;
}
