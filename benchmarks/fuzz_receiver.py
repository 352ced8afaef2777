"""Fuzzes ``mlc serve`` over real HTTP: no 5xx, no stored forgery, memory flat. ``--requests 100000`` by default.

The receiver is a process of its own; memory is its resident set, read after a warm-up and at the end.
"""

import argparse
import hashlib
import hmac
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from mlc.testing.fuzzing import Shot, shots

SECRET = "abcdef123456"
CONFIG = f"""
home = "."
[serve]
listen = "127.0.0.1:{{port}}"
inbox_limit = 1000000
[connections.books]
system = "zoho-books"
data_centre = "us"
organization_id = "700001234"
client_id = "invented"
client_secret = "invented"
webhook_secret = "{SECRET}"
"""
PATH = "/webhooks/books"


def sign(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "x-zoho-webhook-signature": digest}


def good(number: int) -> bytes:
    return json.dumps({"entity": "bill", "id": str(10**15 + number), "org": "700001234"}).encode()


def resident_kb(process: int) -> int:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))


def shoot(port: int, aimed: list[Shot], statuses: "Counter[int]", lock: threading.Lock) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    counted: Counter[int] = Counter()
    for shot in aimed:
        try:
            connection.request(shot.method, shot.path, shot.body, dict(shot.headers))
            reply = connection.getresponse()
            reply.read()
            counted[reply.status] += 1
        except (HTTPException, OSError):
            counted[0] += 1
            connection.close()
    connection.close()
    with lock:
        statuses.update(counted)


def fire(port: int, rng: random.Random, many: int, threads: int, offset: int) -> tuple["Counter[int]", int]:
    """Statuses, and how many of the requests were genuine."""
    statuses: Counter[int] = Counter()
    aimed = list(shots(rng, path=PATH, sign=sign, good=lambda number: good(offset + number), many=many))
    lock = threading.Lock()
    running = [
        threading.Thread(target=shoot, args=(port, aimed[start::threads], statuses, lock)) for start in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return statuses, sum(shot.genuine for shot in aimed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--port", type=int, default=18_790)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "mlc.toml")
        config.write_text(CONFIG.format(port=asked.port))
        command = [str(Path(sys.executable).with_name("mlc")), "--config", str(config), "serve"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            while "are received on" not in (line := process.stderr.readline()):
                if process.poll() is not None:
                    print(f"The receiver did not start: {line}")
                    return 1
            threading.Thread(target=process.stderr.read, daemon=True).start()
            rng, statuses, genuine, memory = random.Random(asked.seed), Counter[int](), 0, list[int]()
            began, done, step = time.monotonic(), 0, max(1, asked.requests // 10)
            while done < asked.requests:
                many = min(step, asked.requests - done)
                counted, were = fire(asked.port, rng, many, asked.threads, done)
                statuses.update(counted)
                genuine, done = genuine + were, done + many
                memory.append(resident_kb(process.pid))
                print(f"{done} requests, {memory[-1] / 1024:.1f} MB", flush=True)
            took = time.monotonic() - began
            process.terminate()
        with sqlite3.connect(Path(folder, "mlc.db")) as database:
            (stored,) = database.execute("SELECT count(*) FROM inbox").fetchone()
            (audited,) = database.execute("SELECT count(*) FROM audit").fetchone()
    worst = sum(count for status, count in statuses.items() if status >= 500)
    print(f"{asked.requests / took:.0f} requests/s; statuses {dict(sorted(statuses.items()))} (0: cut off)")
    print(f"memory after a tenth {memory[0] / 1024:.1f} MB, at the end {memory[-1] / 1024:.1f} MB")
    print(f"{worst} answers of 5xx, {stored} stored of {genuine} genuine, {audited} audit events. Seed {asked.seed}.")
    return int(worst > 0 or stored != genuine)


if __name__ == "__main__":
    sys.exit(main())
