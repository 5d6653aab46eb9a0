"""A worker process that misbehaves: ``python -m faulty_worker HOW`` (started by tests)."""

import json
import os
import sys
import time


def say(text: str) -> None:
    """Write one line to the server."""
    os.write(1, text.encode(errors="surrogateescape") + b"\n")


how = sys.argv[1]
if how == "never ready":
    time.sleep(600)
if how == "leaves a child":
    say(json.dumps({"ready": True}))
    if os.fork():
        os._exit(0)
    time.sleep(600)
if how == "garbage":
    for line in ("Loading jemalloc", "", "{", "[1, 2]", "null", "7", '{"a": ' * 5_000):
        say(line)
    os.write(1, b"\xff\xfe\x00 not UTF-8\n")
say(json.dumps({"ready": True}))
if how == "closes its output":
    os.close(1)
    time.sleep(600)
for line in sys.stdin:
    message = json.loads(line)
    say(json.dumps({"run": message.get("run"), "heard": message["do"]}))
