import type { Config } from "../config/config.ts";
import { type DemoPlaces, demoRobots } from "../config/demo.ts";
import { createSandbox, type Sandbox } from "../sandbox/server.ts";

export interface Demo {
  readonly places: DemoPlaces;
  /** The wanted ports were taken, so it went to others. */
  readonly moved: boolean;
  close(): Promise<void>;
}

const host = "127.0.0.1";

/**
 * Starts the sandbox inside the hub's process, printing each message as it lands.
 *
 * @param mayMove Take free ports when the wanted ones are taken: for the built-in demonstration, where nobody
 * wrote the ports down.
 * @throws Node's EADDRINUSE when a port is taken and it may not move.
 */
export async function startDemo({ port, smtpPort }: Config["sandbox"], mayMove: boolean): Promise<Demo> {
  const wanted = await listening(port, smtpPort).catch((error: unknown) => {
    if (!mayMove || !(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    return undefined;
  });
  const sandbox = wanted ?? (await listening(0, 0));
  return {
    places: { sandboxUrl: sandbox.url, smtpPort: sandbox.smtpPort ?? 0 },
    moved: wanted === undefined,
    close: () => sandbox.close(),
  };
}

async function listening(port: number, smtpPort: number): Promise<Sandbox> {
  const sandbox = createSandbox({
    robots: [
      { platform: "feishu", ...demoRobots.feishu },
      { platform: "dingtalk", ...demoRobots.dingtalk },
      { platform: "wecom", ...demoRobots.wecom },
    ],
    onMessage: ({ platform, text }) => {
      const line = text.replaceAll(/\s*\n\s*/g, " ⏎ ").slice(0, 160);
      process.stdout.write(`→ ${platform}: ${line}\n`);
    },
  });
  try {
    await sandbox.listen({ host, port, smtpPort });
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  return sandbox;
}
