"""What an approved invoice costs in calls: twenty that come together, beside a run in which nothing happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.scenarios.judging import CaseResult

TWENTY: Final = 20
#: The pass with twenty invoices, and one with nothing new.
MANY, QUIET = "twenty", "quiet 1"
DAY_OF_RUNS: Final = 96
#: Reads of Basware that serve up to a hundred invoices: those taken, listed by their status (a call and the redirect it
#: answers with), and the outcomes of our answers. The list of what is approved is read in every run.
SHARED_READS: Final = 3

Calls = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Cost:
    """A figure of this demo beside the least that the APIs allow, and how both come about."""

    what: str
    measured: Decimal
    least: Decimal
    arithmetic: str

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it; figures as text, two decimals at most."""
        return {
            "what": self.what,
            "measured": shown(self.measured),
            "least": shown(self.least),
            "arithmetic": self.arithmetic,
        }


def shown(figure: Decimal) -> str:
    """``5.45``, ``2``."""
    return f"{figure.quantize(Decimal('0.01')).normalize():f}"


def invoice_costs(passes: Mapping[str, Calls], ledger: str) -> list[Cost]:
    """Calls per invoice, of the ledger on the left and of Basware on the right."""
    many, quiet = passes[MANY], passes[QUIET]
    wrote = {side: Decimal(many[side]["write"] - quiet[side]["write"]) / TWENTY for side in many}
    read = {side: Decimal(many[side]["read"] - quiet[side]["read"]) / TWENTY for side in many}
    sums = {side: f"({many[side]['read']} - {quiet[side]['read']}) / {TWENTY}" for side in many}
    shared = Decimal(SHARED_READS) / TWENTY
    return [
        Cost(f"writes to {ledger} per invoice", wrote["left"], Decimal(1), "the document"),
        Cost(
            f"reads of {ledger} per invoice", read["left"], Decimal(0),
            f"{sums['left']}: reads of the run with {TWENTY} less those of a quiet one; the answer to a write shows it",
        ),
        Cost(
            "writes to Basware per invoice", wrote["right"], Decimal(2),
            "it is acknowledged and answered by a call of its own each",
        ),
        Cost(
            "reads of Basware per invoice", read["right"], shared,
            f"{sums['right']}: each invoice with its redirect before it is answered, so that nothing is answered "
            f"twice; outcomes of the answers and lists that were written to, together; the least: {SHARED_READS} for "
            f"{TWENTY}",
        ),
        Cost(
            "calls to Basware per invoice", wrote["right"] + read["right"], 2 + shared,
            f"{shown(wrote['right'])} + {shown(read['right'])}; the least: 2 + {SHARED_READS} / {TWENTY}",
        ),
    ]  # fmt: skip


def metered_costs(passes: Mapping[str, Calls], cases: Iterable[CaseResult], *, currencies: int) -> list[Cost]:
    """QuickBooks' metered reads: of a run, of a day with 1,000 invoices, of thirty notices."""
    many, quiet = passes[MANY]["left"]["read"], passes[QUIET]["left"]["read"]
    each = Decimal(many - quiet) / TWENTY
    told = next(Decimal(case.got) for case in cases if case.name == "metered_reads_of_webhooks")
    kept = 3 + currencies
    return [
        Cost(
            "metered reads of QuickBooks per run", Decimal(quiet), Decimal(2),
            "preferences for the closing date, one change data capture for every list",
        ),
        Cost(
            "metered reads of QuickBooks per 1,000 invoices, in a day's runs every 15 minutes",
            DAY_OF_RUNS * Decimal(quiet) + 1000 * each, DAY_OF_RUNS * Decimal(2),
            f"{DAY_OF_RUNS} runs of {quiet} + 1,000 x {shown(each)}; beside it what is kept an hour, 24 x {kept}: "
            f"company, payables accounts, tax codes, the day's rate of {currencies} currencies",
        ),
        Cost("metered reads of QuickBooks for 30 webhook notices", told, Decimal(1), "one query names all 30 records"),
    ]  # fmt: skip
