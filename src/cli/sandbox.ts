import { createSandbox } from "../sandbox/server.ts";
import { untilSignal } from "./signals.ts";

export interface SandboxOptions {
  readonly host: string;
  readonly port: number;
  readonly smtpPort: number;
}

/** `yizhan sandbox`: the platforms' stand-ins by themselves, until a signal ends them. */
export async function sandbox({ host, port, smtpPort }: SandboxOptions): Promise<void> {
  const running = createSandbox({ onMessage: (message) => process.stdout.write(`${JSON.stringify(message)}\n`) });
  await running.listen({ host, port, smtpPort });
  process.stdout.write(
    `${[
      `sandbox platforms on ${running.url}, SMTP on port ${running.smtpPort}`,
      `  Feishu    ${running.url}/open-apis/bot/v2/hook/any-token`,
      `  DingTalk  ${running.url}/robot/send?access_token=any-token`,
      `  WeCom     ${running.url}/cgi-bin/webhook/send?key=any-key`,
      `  control   ${running.url}/sandbox/messages, /sandbox/faults, /sandbox/robots`,
    ].join("\n")}\n`,
  );
  await untilSignal("SIGINT", "SIGTERM");
  await running.close();
}
