import type { ErrorKind } from "../model/platform-error.ts";
import type { RefusalReason } from "../platforms/receiving.ts";
import type { Advice } from "./finding.ts";

/** Why callbacks are turned away, to what the operator can do. */
export const refusalAdvice: Readonly<Record<RefusalReason | "unknown-account", Advice>> = {
  signature: {
    en: "The signature does not match: is this account's Token (Verification Token, Client Secret) the one that the platform's admin page shows now? If it is, somebody else is calling.",
    zh: "签名不匹配：该账号的 Token（Verification Token、Client Secret）与平台管理后台当前显示的一致吗？若一致，则可能是他人伪造的请求。",
  },
  stale: {
    en: "The callback's time is too far from this machine's: is its clock right (timedatectl)? A proxy that holds requests back does the same.",
    zh: "回调时间与本机相差过大：请检查本机时钟（timedatectl）；代理长时间积压请求也会如此。",
  },
  replayed: {
    en: "A nonce came again with another body. A platform does not do that: look in the log for where it comes from, and name the platform's addresses in allowed_addresses.",
    zh: "同一随机数再次出现而内容不同，平台不会这样做：请查日志中的来源，并在 allowed_addresses 中只允许平台的地址。",
  },
  undecryptable: {
    en: "The signature is right and the content cannot be decrypted: is this account's EncodingAESKey (Encrypt Key, aes_key) the one that the admin page shows, and the corp id or app id that of this very app?",
    zh: "签名正确但内容无法解密：该账号的 EncodingAESKey（Encrypt Key、aes_key）与管理后台一致吗？企业 ID 或应用 ID 属于这个应用吗？",
  },
  malformed: {
    en: "The content is not what this platform sends: does the admin page of another platform hold this address, or is its mode (plain, safe; XML, JSON) another one than the account's? The log says what was wrong.",
    zh: "内容不是该平台的格式：是否把地址填到了别的平台，或后台的模式（明文、安全；XML、JSON）与账号配置不同？具体原因见日志。",
  },
  forbidden: {
    en: "The caller's address is not in allowed_addresses: add the platform's ranges, or behind a reverse proxy set server.trust_proxy, so that the real address is seen.",
    zh: "来源地址不在 allowed_addresses 中：请加入平台的网段；经过反向代理时请设置 server.trust_proxy 以取得真实地址。",
  },
  "too-large": {
    en: "A body was over 1 MiB. No platform sends as much: somebody else is calling.",
    zh: "请求体超过 1 MiB。各平台都不会发送这么大的内容，应是他人的请求。",
  },
  "unknown-account": {
    en: "Callbacks came for accounts that do not exist: compare the address in the platform's admin page with those that serve prints at its start, and see that the account is enabled.",
    zh: "有回调发往不存在的账号：请对照启动时打印的回调地址检查平台后台填写的地址，并确认账号已启用。",
  },
};

/** A reason that a newer hub gives. */
export const unknownReason: Advice = {
  en: "This reason is newer than this command: the hub's log says what to do.",
  zh: "该原因比本命令新：处理办法见服务日志。",
};

/** Why Deliveries failed for good, to what the operator can do. */
export const failureAdvice: Readonly<Record<ErrorKind, Advice>> = {
  unauthorized: {
    en: "The platform does not accept the credentials: is the robot still in its group, its secret unchanged, the password still good? A task's result quotes the platform's code.",
    zh: "平台不接受凭证：机器人还在群里吗，密钥改过吗，密码仍有效吗？任务结果中有平台的错误码。",
  },
  rejected: {
    en: "The platform refused the message for good: the task's result quotes its code and says what to change.",
    zh: "平台拒绝了消息：任务结果中有错误码与修改建议。",
  },
  unavailable: {
    en: "The platform did not answer in all attempts: can this machine reach it (DNS, firewall, proxy)?",
    zh: "多次尝试后平台仍无应答：本机能访问平台吗（DNS、防火墙、代理）？",
  },
  "rate-limited": {
    en: "The platform asked to wait: spread the messages over more robots, or send fewer.",
    zh: "平台要求等待：请分散到更多机器人，或减少发送。",
  },
};

export const longConnection: Advice = {
  en: "The long connection is not up: can this machine reach the platform, and is the app's long-connection mode on in its admin page?",
  zh: "长连接未建立：本机能访问平台吗？平台后台已开启该应用的长连接模式吗？",
};

export const hubAdvice = {
  unreachable: {
    en: "Start it with `yizhan serve`, or say where it is with --url or YIZHAN_URL.",
    zh: "请用 yizhan serve 启动，或用 --url、YIZHAN_URL 指明地址。",
  },
  unauthorized: {
    en: "Give one of its keys (auth.keys) with --key or YIZHAN_API_KEY.",
    zh: "请用 --key 或 YIZHAN_API_KEY 提供它的密钥（auth.keys）。",
  },
  unready: {
    en: "It cannot write to its store: is the disk full, the folder still there and writable? Its log says which. While it stops, this is normal.",
    zh: "它无法写入存储：磁盘满了吗，目录还在且可写吗？详见日志。停止过程中出现属正常。",
  },
  foreign: {
    en: "Something else answers there, or an older Yizhan: say where the hub is with --url or YIZHAN_URL.",
    zh: "应答的不是本版本的驿站：请用 --url 或 YIZHAN_URL 指明地址。",
  },
  mailbox: {
    en: "The mailbox is not read: are imap_host, imap_port, tls, username and password right, and is IMAP switched on in the mailbox's settings, often with a code of its own in place of the password?",
    zh: "邮箱未能收取：imap_host、imap_port、tls、username、password 是否正确？是否已在邮箱设置中开启 IMAP（多数需使用授权码代替密码）？",
  },
} satisfies Record<string, Advice>;

export const machineAdvice = {
  config: {
    en: "Correct the line; `yizhan check FILE` checks again.",
    zh: "请修改该行，用 yizhan check FILE 复查。",
  },
  notFolder: {
    en: "The data folder's name is taken by a file: choose another with store.directory or --data.",
    zh: "数据目录的名字被一个文件占用：请用 store.directory 或 --data 另选。",
  },
  notWritable: {
    en: "The user that runs the hub must own the folder and be able to write in it.",
    zh: "运行服务的用户必须拥有该目录并可写入。",
  },
  diskFull: {
    en: "Free some space, or move the data folder to another disk: with none left every push is refused.",
    zh: "请释放空间或把数据目录移到其他磁盘：空间用尽后所有推送都会被拒绝。",
  },
  inUse: {
    en: "A hub uses this folder but did not answer: say where it listens with --url.",
    zh: "有服务正在使用该目录但没有应答：请用 --url 指明它的监听地址。",
  },
  secret: {
    en: "Restore secret.key from a backup; without the right key stored settings cannot be read.",
    zh: "请从备份恢复 secret.key；没有正确的密钥就无法读取已存的设置。",
  },
  exposed: {
    en: "Others on this machine can read it: chmod 600 the file, and make new secrets if they may have.",
    zh: "本机其他用户可以读取它：请 chmod 600；若可能已泄露，请更换密钥。",
  },
} satisfies Record<string, Advice>;
