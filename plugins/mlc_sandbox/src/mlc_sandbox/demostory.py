"""What ``mlc demo`` tells a person while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlc_sandbox.demopasses import FIGURES, Pass, holds_now
from mlc_sandbox.scenarios.invoicecost import shown

if TYPE_CHECKING:
    from mlc.engine.runreport import RunReport
    from mlc.runner.embedded import Engine

    from mlc_sandbox.company import Company
    from mlc_sandbox.scenarios import CaseResult
    from mlc_sandbox.scenarios.invoicecost import Cost
    from mlc_sandbox.served import Served

TOTALS = ("currency", "left", "right", "difference", "unexplained")
TITLES = {
    "first": "First run: what is there already is recognised, the rest is written.",
    "unchanged": "Second run: nothing has changed, so nothing may be written.",
    "changed": "Third run: only what changed.",
}


class Story:
    """Tells each step on a terminal or in plain lines; ``silent`` tells nothing (for ``--json``)."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent

    def begin(self, title: str, company: Company, served: Mapping[str, Served], config: Path) -> None:
        """The stand-ins are up and the configuration is written."""
        self._heading(title)
        self._say(f"{company.name}, invented from seed {company.seed}: {what_it_has(company)}.")
        self._say(f"Go-live is {company.since}; much of what is older was typed into the books by hand.")
        self._say("")
        self._table(("system", "stand-in"), [(system, one.url) for system, one in served.items()])
        self._say(f"Configuration: {config}")

    @contextmanager
    def running(self, name: str) -> Iterator[Callable[..., None]]:
        """A run is under way; gives what the engine reports its progress to."""
        from mlc.cli.watching import watch

        if name in TITLES:
            self._heading(TITLES[name])
        if self.silent:
            from mlc.engine.session import quiet

            yield quiet
            return
        with watch("Running", alerts=False) as progress:
            yield progress

    def planned(self, report: RunReport) -> None:
        """A first run only plans."""
        from mlc.cli.reports import UNFORESEEN, show_totals

        self._heading("First, the plan: nothing has been sent yet. A person would look at it and accept it.")
        show_totals(report.plans)
        by_name = [item for plan in report.plans.values() for item in plan.items if "name" in (item["why"] or "")]
        if by_name:
            self._say(f"Of the vendors, {len(by_name)} are recognised by their name alone, e.g. {by_name[0]['what']}.")
        self._say(UNFORESEEN)

    def ran(self, done: Pass, report: RunReport) -> None:
        """A run has ended."""
        columns = ("", *(name.replace("_", " ") for name in FIGURES))
        self._table(columns, [(kind.replace("_", " "), *counts.values()) for kind, counts in done.flows.items()])
        calls = ", ".join(f"{side}: {one['read']} reads and {one['write']} writes" for side, one in done.calls.items())
        self._say(f"Calls {calls}; {done.seconds:.1f} s. Audit chain: {report.chain_head[:16]}.")

    def held(self, engine: Engine) -> None:
        """What waits, and for what."""
        holds = holds_now(engine)
        self._heading(f"{len(holds)} records wait for a person or a cure. None of them was written.")
        counts = Counter(hold["code"] for hold in holds)
        first = {hold["code"]: hold["sentence"] for hold in reversed(holds)}
        self._table(
            ("held", "why", "for example"), [(count, code, first[code]) for code, count in counts.most_common()]
        )

    def changed(self, names: Sequence[str]) -> None:
        """People changed records at the source."""
        self._heading(f"{len(names)} {'record changes' if len(names) == 1 else 'records change'} at the source.")
        self._say(", ".join(name.replace("_", " ") for name in names) + ".")

    def acted(self, name: str, names: Sequence[str], runs: int) -> None:
        """A further pass begins: people did something, or the pairing runs again and again."""
        did = f"{len(names)} {'edit' if len(names) == 1 else 'edits'} by people" if names else "nobody touches anything"
        self._heading(f"{name.capitalize()}: {did}, then {runs} {'run' if runs == 1 else 'runs'}.")

    def reconciled(self, compared: Mapping[str, Any]) -> None:
        """Both sides were compared."""
        agree = "and every difference is explained" if compared["balanced"] else "and something is not explained"
        self._heading(f"Both sides compared, {agree}.")
        self._table(
            ("", "currency", "left", "right", "difference", "not explained"),
            [
                (one["object_type"].replace("_", " "), *(one[key] for key in TOTALS))
                for one in (total if isinstance(total, Mapping) else vars(total) for total in compared["totals"])
            ],
        )
        counts = sorted(compared["counts"].items(), key=lambda pair: -pair[1])
        self._say(
            "Documents: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts if count) + "."
        )

    def costs(self, costs: Sequence[Cost]) -> None:
        """Calls of the passes, beside the least that the APIs allow."""
        if costs:
            self._heading("What it cost in calls, and the least that the APIs allow.")
            self._table(("", "here", "least"), [(one.what, shown(one.measured), shown(one.least)) for one in costs])

    def end(self, cases: Sequence[CaseResult], *, ok: bool, kept: Path | None) -> None:
        """Everything was judged."""
        wrong = [case for case in cases if not case.ok]
        self._heading(f"{len(cases) - len(wrong)} of {len(cases)} cases came out as they should.")
        self._table(("case", "expected", "got"), [(case.name, case.expected, case.got) for case in wrong], empty=None)
        if ok:
            self._say("Everything is as it should be.")
        if kept is not None:
            self._say(f"Look around with mlc --config {kept / 'mlc.toml'} and status, held, held show RECORD, audit.")
        self._say("For your own accounts: mlc init, mlc connect, mlc plan, mlc run.")

    def _heading(self, text: str) -> None:
        if not self.silent:
            click.echo()
            click.secho(text, bold=True)

    def _say(self, text: str) -> None:
        if not self.silent:
            click.echo(text)

    def _table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str | None = "Nothing."
    ) -> None:
        from mlc.cli.output import print_table

        if not self.silent and (rows or empty):
            print_table(columns, rows, empty=empty or "")


def what_it_has(company: Company) -> str:
    """What an invented company consists of, in words."""
    counts = {
        "vendors": len(company.vendors),
        "orders": len(company.orders),
        "bills": len(company.bills),
        "payments": len(company.payments),
    }
    if not company.vendors:
        counts = {"contacts": len(company.contacts), "bills in the books": len(company.ledger_documents)}
    if company.relations is not None:
        counts = {
            name: len(getattr(company.relations, name)) for name in ("customers", "prospects", "deals", "invoices")
        }
    *first, last = [f"{count} {name}" for name, count in counts.items()]
    return f"{', '.join(first)} and {last}"
