"""What one writes by hand in an afternoon: httpx, one bill after the other, a commit per bill.

python plain.py WORK URL
"""

import argparse
from pathlib import Path

import httpx
from mapping import Sent, map_bill, send, signed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("url")
    options = parser.parse_args()
    sent = Sent(str(options.work / "sent.db"))
    with httpx.Client(timeout=30, trust_env=False) as client:
        signed(client, options.url)
        newest, page = sent.mark(), 1
        query = {"per_page": "200"} | ({"updated_since": newest} if newest else {})
        while page:
            answer = client.get(f"{options.url}/source/bills", params=query | {"page": str(page)})
            answer.raise_for_status()
            body = answer.json()
            for bill in body["data"]:
                send(client, options.url, sent, map_bill(bill))
                newest = max(newest or "", bill["updated_at"])
            page = body["next_page"]
        if newest:
            sent.set_mark(newest)


if __name__ == "__main__":
    main()
