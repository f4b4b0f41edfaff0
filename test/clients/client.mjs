// A client of the push API as its JavaScript users write one: fetch, and the JSON that comes back.
// Usage: client.mjs URL. Prints what each call was answered as one JSON object.

const hub = process.argv[2];

async function push(title, msg, alias = "ops_alert", type = "info") {
  const response = await fetch(`${hub}/api/v1/push`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      recipient_alias: alias,
      type,
      strategy: "failover",
      style: "card",
      content: { title, msg },
    }),
  });
  return response.json();
}

async function task(id) {
  return (await fetch(`${hub}/api/v1/task/${id}`)).json();
}

async function settled(id) {
  for (let looks = 0; looks < 200; looks++) {
    const found = await task(id);
    if (found.data.status !== "processing") return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`task ${id} does not settle`);
}

async function notifications(status = "all", limit = 50, offset = 0) {
  const query = new URLSearchParams({ status, limit, offset });
  return (await fetch(`${hub}/api/v1/notifications?${query}`)).json();
}

async function markRead(id) {
  return (await fetch(`${hub}/api/v1/notifications/${id}/read`, { method: "PUT" })).json();
}

async function statistics() {
  return (await fetch(`${hub}/api/v1/notifications/statistics`)).json();
}

const created = await push("部署通知", "应用版本 v1.2.0 部署成功");
const seen = await settled(created.data.task_id);
const unread = await notifications("unread", 10);
const marked = await markRead(unread.data.notifications[0].id);
const report = { created, task: seen, unread, marked, statistics: await statistics() };
process.stdout.write(`${JSON.stringify(report)}\n`);
