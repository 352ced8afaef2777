"""The page that says what an invoice costs in calls, and what a demo counted."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "plugins" / "mlc_pairings" / "README.md"
ROW = re.compile(r"^\| (.+?) \| ([0-9.]+) \| ([0-9.]+) \|$", re.MULTILINE)
#: Reads of Basware, by how often a late answer was asked for: it depends on the machine.
ASKED_AGAIN = Decimal("0.5")
#: A run that takes long lists once more before it posts: a few pages among twenty invoices.
LISTED_AGAIN = Decimal("0.2")


def stated(recipe: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Figure and least of each row of a recipe's table."""
    _, found, table = PAGE.read_text(encoding="utf-8").partition(f"| calls in `{recipe}` |")
    assert found, f"the page has no table of {recipe}"
    table = table.partition("\n\n")[0]
    return {what: (Decimal(here), Decimal(least)) for what, here, least in ROW.findall(table)}


def hold_to_the_page(told: Mapping[str, Any]) -> None:
    """Every figure of the demo is on the page, and every row of the page in the demo."""
    page = stated(told["recipe"])
    counted = {one["what"]: one for one in told["cost"]}
    assert counted.keys() == page.keys()
    for what, (here, least) in page.items():
        one = counted[what]
        assert Decimal(one["least"]) == least, what
        assert least <= Decimal(one["measured"]), what
        again = ASKED_AGAIN if what.startswith(("reads of Basware", "calls to Basware")) else 0
        again = LISTED_AGAIN if what.startswith("reads of Zoho") else again
        assert Decimal(one["measured"]) <= here + again, f"{what}: {one['measured']}, by {one['arithmetic']}"
        assert one["arithmetic"]
