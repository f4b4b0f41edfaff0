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
  const { host: place } = new URL(running.url);
  process.stdout.write(
    `${[
      `sandbox platforms on ${running.url}, SMTP on port ${running.smtpPort}`,
      `  Feishu    ${running.url}/open-apis/bot/v2/hook/any-token`,
      `  DingTalk  ${running.url}/robot/send?access_token=any-token`,
      `  WeCom     ${running.url}/cgi-bin/webhook/send?key=any-key`,
      `  apps      base_url: ${running.url} (WeCom, official accounts, Feishu, DingTalk; any secret)`,
      `  streams   Feishu and DingTalk there as well; WeCom robots: stream_url: ws://${place}/wecom/ws`,
      `  control   ${running.url}/sandbox/messages, /faults, /robots, /callbacks, /apps, /files, /streams`,
    ].join("\n")}\n`,
  );
  await untilSignal("SIGINT", "SIGTERM");
  await running.close();
}
