import { Command, InvalidArgumentError } from "commander";
import { version } from "../version.ts";

/** The command line. Each command's code is loaded when it is used, so that `serve` starts at once. */
const program = new Command("yizhan")
  .description("驿站 Yizhan: a self-hosted message hub for enterprise IM\n企业 IM 消息中枢：推送、回调、转发")
  .version(version, "-V, --version", "print the version 显示版本")
  .helpOption("-h, --help", "print this help 显示帮助")
  .helpCommand(false)
  .showHelpAfterError("(yizhan --help shows what there is 使用 --help 查看用法)");

program
  .command("serve", { isDefault: true })
  .description("run the hub; with no configuration file, a demo on built-in sandbox platforms 启动服务")
  .option(
    "-c, --config <file>",
    "configuration file 配置文件 (default: ./config.yaml, ./config/config.yaml or ./config/notification.yaml, if there)",
  )
  .option("-d, --data <dir>", "data folder 数据目录 (default: ./data)")
  .option("--host <host>", "address to listen on 监听地址")
  .option("-p, --port <port>", "port to listen on 监听端口")
  .action(async (options) => (await import("./serve.ts")).serve(options));

program
  .command("relay")
  .description("pass requests on to servers in the intranet, without the rest of the hub 回调转发（不启动其余部分）")
  .option(
    "-c, --config <file>",
    "configuration file with relays; by default TARGET_SERVER_URL alone is relayed, at /wework-callback 配置文件",
  )
  .option("--host <host>", "address to listen on; all of them, 0.0.0.0, by default 监听地址（默认所有地址）")
  .option("-p, --port <port>", "port to listen on (default: FLASK_RUN_PORT, or 8502) 监听端口")
  .action(async (options) => (await import("./relay.ts")).relay(options));

program
  .command("push")
  .description("send a message through a running hub and wait for the result 发送消息并等待结果")
  .argument("[message...]", "what to say; read from standard input when it is - or left out 消息内容")
  .requiredOption("-t, --to <alias>", "recipient 接收者别名")
  .option("--title <title>", "title 标题", "通知")
  .option("--type <type>", "info, warning or error 消息类型", "info")
  .option("--style <style>", "text or card 样式", "text")
  .option("--strategy <strategy>", "all, failover, webhook_failover or mixed 推送策略")
  .option("--platform <platform>", "only this platform 指定平台")
  .option("--url <url>", "the hub's address (or YIZHAN_URL) 服务地址")
  .option("--key <key>", "the hub's key (or YIZHAN_API_KEY) 访问密钥")
  .option("--timeout <seconds>", "how long to wait for the result 等待秒数", seconds, 60)
  .option("--json", "print the task as JSON 输出 JSON")
  .action(async (words: string[], options) => (await import("./push.ts")).push(words, options));

program
  .command("check")
  .description("check a configuration file and tell every problem at once 检查配置文件")
  .argument("<file>", "configuration file 配置文件")
  .action(async (file: string) => (await import("./check.ts")).check(file));

program
  .command("doctor")
  .description("say what to fix, of a running hub or before one starts 诊断并给出处理建议")
  .option("--url <url>", "the hub's address (or YIZHAN_URL) 服务地址")
  .option("--key <key>", "the hub's key (or YIZHAN_API_KEY) 访问密钥")
  .option("-c, --config <file>", "configuration file to check when no hub runs 配置文件")
  .option("-d, --data <dir>", "data folder to check when no hub runs 数据目录")
  .action(async (options) => (await import("./doctor.ts")).doctor(options));

program
  .command("sandbox")
  .description("run the stand-ins of Feishu, DingTalk, WeCom and an SMTP server 启动沙箱平台")
  .option("--host <host>", "address to listen on 监听地址", "127.0.0.1")
  .option("-p, --port <port>", "port to listen on 监听端口", portNumber, 8090)
  .option("--smtp-port <port>", "port of the SMTP server 邮件端口", portNumber, 8025)
  .action(async (options) => (await import("./sandbox.ts")).sandbox(options));

program
  .command("connect")
  .description(
    "serve a hub's relays from inside an intranet, over a connection that is dialled from here 在内网中连接公网的消息中枢，为其转发提供服务",
  )
  .argument("<hub>", "the hub's address, such as https://hub.example 消息中枢地址")
  .requiredOption(
    "--to <url>",
    "the one server that the hub reaches through this, such as http://127.0.0.1:9000 内网目标地址",
  )
  .option("--key-file <file>", "file with the tunnel's key, read at every connection 隧道密钥文件")
  .option(
    "--key <key>",
    "the tunnel's key; other users of this machine can see it, YIZHAN_TUNNEL_KEY they cannot 隧道密钥（命令行参数对本机其他用户可见，建议用环境变量或文件）",
  )
  .option("--tunnel <name>", "which of the hub's tunnels; by default the one that the key opens 隧道名称")
  .option("--name <name>", "how the hub's status calls this agent (default: this machine's name) 代理名称")
  .option(
    "--ca <file>",
    "PEM of the authority that signed the hub's certificate, in place of the system's 证书颁发机构",
  )
  .option("--plain", "allow an http:// address that is not this machine's: the key goes in the clear 允许明文连接")
  .action(async (hub: string, options) => (await import("./connect.ts")).connect(hub, options));

await program.parseAsync();

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError("expected a port, 0 to 65535");
  return port;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 86_400) {
    throw new InvalidArgumentError("expected seconds, more than 0 and at most 86400");
  }
  return value;
}
