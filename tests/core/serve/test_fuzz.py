"""A small form of benchmarks/fuzz_receiver.py: whatever comes, no 5xx, and nothing forged is stored."""

import random
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from mlc.testing.fuzzing import numbered, shots

from .conftest import SECRET, Desk, signature


def test_whatever_comes_no_5xx_and_nothing_forged_is_stored(desk: Desk) -> None:
    def sign(body: bytes) -> dict[str, str]:
        return {"content-type": "application/json", "x-signature": signature(SECRET, int(time.time()), body)}

    where = urlsplit(desk.served.url)
    statuses: Counter[int] = Counter()
    genuine = 0
    for shot in shots(random.Random(11), path="/webhooks/books", sign=sign, good=numbered, many=600):
        connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
        try:
            connection.request(shot.method, shot.path, shot.body, dict(shot.headers))
            status = connection.getresponse().status
        except (HTTPException, OSError):
            status = 0  # cut off: the body was longer than it may be
        finally:
            connection.close()
        statuses[status] += 1
        genuine += shot.genuine
        assert status < 500
        assert not shot.genuine or status == 202
    assert genuine > 5
    assert len(desk.stored()) == genuine == statuses[202]
