"""A client of the push API as its Python users write one: requests, and the JSON that comes back.

Usage: client.py URL. Prints what each call was answered as one JSON object.
"""

import json
import sys
import time

import requests

hub = sys.argv[1]


def push(title, text, alias="ops_alert", level="info"):
    body = {
        "recipient_alias": alias,
        "type": level,
        "strategy": "failover",
        "style": "card",
        "content": {"title": title, "msg": text},
    }
    return requests.post(f"{hub}/api/v1/push", json=body, timeout=10).json()


def task(task_id):
    return requests.get(f"{hub}/api/v1/task/{task_id}", timeout=10).json()


def settled(task_id):
    for _ in range(200):
        found = task(task_id)
        if found["data"]["status"] != "processing":
            return found
        time.sleep(0.02)
    raise SystemExit(f"task {task_id} does not settle")


def notifications(status="all", limit=50, offset=0):
    query = {"status": status, "limit": limit, "offset": offset}
    return requests.get(f"{hub}/api/v1/notifications", params=query, timeout=10).json()


def mark_read(notification_id):
    return requests.put(f"{hub}/api/v1/notifications/{notification_id}/read", timeout=10).json()


def statistics():
    return requests.get(f"{hub}/api/v1/notifications/statistics", timeout=10).json()


created = push("系统通知", "服务部署完成")
seen = settled(created["data"]["task_id"])
unread = notifications(status="unread", limit=10)
marked = mark_read(unread["data"]["notifications"][0]["id"])
report = {"created": created, "task": seen, "unread": unread, "marked": marked, "statistics": statistics()}
print(json.dumps(report, ensure_ascii=False))
