"""How soon an idle worker begins with a nudge, and what idling costs: our queue on Redis beside stock dramatiq.

    python benchmarks/wakeup.py [--url redis://127.0.0.1:6379/15] [--nudges 20] [--pause 1.5]

Names of their own are used on that Redis; what they hold is removed at the end.
"""

import argparse
import statistics
import sys
import time
import uuid

from dramatiq import Broker, Worker
from dramatiq.brokers.redis import RedisBroker
from mlc.runner.nudges import QUEUE, declare_actors, nudge_of
from mlc.runner.redisbroker import BellBroker


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="redis://127.0.0.1:6379/15")
    parser.add_argument("--nudges", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.5, help="seconds of idling before each")
    options = parser.parse_args()
    for name, make in (("ours", _ours), ("stock dramatiq", _stock)):
        waits, cpu = _measure(make(options.url), options.nudges, options.pause)
        ranked = sorted(waits)
        print(
            f"{name:<15} wake-up p50 {statistics.median(ranked) * 1000:7.1f} ms  p99 {ranked[-1] * 1000:7.1f} ms  "
            f"idle CPU {cpu:.2%} of a core"
        )
    return 0


def _ours(url: str) -> Broker:
    return BellBroker(url, namespace=f"bench-{uuid.uuid4().hex}")


def _stock(url: str) -> Broker:
    return RedisBroker(url=url, middleware=[], namespace=f"bench-{uuid.uuid4().hex}")


def _measure(broker: Broker, nudges: int, pause_s: float) -> tuple[list[float], float]:
    began: list[float] = []
    declare_actors(broker, lambda _pairing: began.append(time.perf_counter()))
    worker = Worker(broker, worker_threads=8)
    worker.start()
    waits = []
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        for number in range(nudges):
            time.sleep(pause_s)
            sent = time.perf_counter()
            broker.enqueue(nudge_of(f"p{number}"))
            while len(began) <= number:
                time.sleep(0.0005)
            waits.append(began[-1] - sent)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    finally:
        worker.stop()
        broker.flush(QUEUE)
        client = broker.client  # type: ignore[attr-defined]
        for key in client.scan_iter(f"{broker.namespace}*"):  # type: ignore[attr-defined]
            client.delete(key)
        broker.close()
    return waits, cpu / wall


if __name__ == "__main__":
    sys.exit(main())
