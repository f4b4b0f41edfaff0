import { examineHub } from "./doctor-hub.ts";
import { examineMachine } from "./doctor-machine.ts";
import { reportOf } from "./finding.ts";

export interface DoctorCommand {
  readonly url?: string;
  readonly key?: string;
  readonly config?: string;
  readonly data?: string;
}

/**
 * `yizhan doctor`: says in words what to fix. Asks the running hub; when none answers, looks at the configuration
 * and the data folder that one would start with. Exit code 0: nothing to fix; 1: something.
 */
export async function doctor({ url, key, config, data }: DoctorCommand): Promise<void> {
  const { env } = process;
  const named = url ?? env.YIZHAN_URL;
  const hub = await examineHub({
    url: named ?? "http://127.0.0.1:8080",
    key: key ?? env.YIZHAN_API_KEY,
    timeoutMs: 10_000,
  });
  if (hub.reached) return conclude(hub);
  const machine = await examineMachine({ config, data, cwd: process.cwd(), env });
  // That no hub runs is only wrong when somebody says that one does.
  const absence = hub.findings.map(({ what }) => what);
  if (named === undefined) conclude({ seen: [...absence, ...machine.seen], findings: machine.findings });
  else conclude({ seen: machine.seen, findings: [...hub.findings, ...machine.findings] });
}

function conclude(examination: Parameters<typeof reportOf>[0]): void {
  process.stdout.write(reportOf(examination));
  if (examination.findings.length > 0) process.exitCode = 1;
}
