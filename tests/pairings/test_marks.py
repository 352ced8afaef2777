"""What the side that pays makes of a bill, shown on it in the books: in the named fields alone, and said once."""

import json
from pathlib import Path
from typing import Any

import mlc.runner.embedded as embedded
import pytest
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.plugins import Plugins
from mlc.store.schema import alerts, records
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_payables_company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import select

MARKS = (scenario.APPROVAL_FIELD, scenario.PAYMENT_FIELD)


def test_states_are_shown_in_the_named_fields_once_and_nothing_else_is_touched(
    tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlc.engine.stagework.PROVISIONAL_S", 0.0)
    company = make_payables_company(11, 4)
    books, payer = (stand_in_class(system)(company=company) for system in (scenario.SOURCE, scenario.TARGET))
    books.limits_enabled = payer.limits_enabled = False
    document = company.ledger_document(company.case("approved_in_bill").keys[0])
    with Server(books) as at_books, Server(payer) as at_payer:
        served = {scenario.SOURCE: Served(scenario.SOURCE, at_books.url)}
        served[scenario.TARGET] = Served(scenario.TARGET, at_payer.url)
        path = write_config(tmp_path, plugins.recipes["zoho-books+bill"], scenario, company, served)
        config = load_config(path, plugins=plugins)
        with embedded.open_engine(config, plugins=plugins, limits=False) as engine:
            store_demo_secrets(engine, scenario, company)

            def run() -> RunReport:
                with engine.session("demo") as session:
                    return run_pairing(session, accept=True)

            def bill() -> dict[str, Any]:
                return next(row for row in books.store.all("bills") if row["bill_id"] == document.ledger_id)

            def shown() -> list[str]:
                return [bill()["custom_field_hash"].get(name, "") for name in MARKS]

            def marks() -> int:
                return sum(
                    count["count"]
                    for call, count in served[scenario.SOURCE].get("calls")["calls"].items()
                    if call.startswith("PUT") and call.endswith("/customfields")
                )

            def told() -> list[str]:
                with engine.database.read() as connection:
                    query = select(alerts.c.sentence).where(
                        alerts.c.code == "marks_refused", alerts.c.cleared_at.is_(None)
                    )
                    return list(connection.execute(query).scalars())

            def act(type: str, **body: Any) -> Any:
                return served[scenario.TARGET].post(f"objects/{type}", body)

            run()
            assert (shown(), marks()) == (["", ""], 0), "nothing has happened to it yet, so nothing is said"
            before = {name: value for name, value in bill().items() if not name.startswith("custom_field")}
            fields = [one for one in books.books["customfields"].all() if one["api_name"] in MARKS]
            assert len(fields) == 2
            for one in fields:
                one["module"] = "taken away"
            books.switches["unknown_custom_field"] = "refuse"
            act("bills", invoiceNumber=document.number, action="approve")
            report = run()
            assert marks() == 1
            assert report.flows["bills"]["dead"] == 0, "a field that is not there is not in the bill's way"
            (sentence,) = told()
            assert "state_fields" in sentence
            named = [{"invoiceNumber": document.number}]
            books.switches["unknown_custom_field"] = "ignore"
            payment = act("payments", bills=named, processDate=company.today.isoformat())
            run()
            assert (marks(), len(told())) == (2, 1), "it said yes, and shows nothing of it"

            for one in fields:
                one["module"] = "bills"
            lost = {"match": "PUT /customfields$", "kind": "commit_then_drop", "times": 1}
            served[scenario.SOURCE].post("faults", [lost])
            act("payments", id=payment["id"], action="cancel")
            asked = marks()
            for _ in range(3):
                run()
            assert shown() == ["approved", ""], "what was called off before any money moved is taken back"
            assert [one["struck"] for one in served[scenario.SOURCE].get("faults")] == [1]
            assert marks() == asked + 1, "its answer was lost: it was looked up, and not written again"
            run()
            after = {name: value for name, value in bill().items() if not name.startswith("custom_field")}
            moved = {name for name in after if after[name] != before.get(name)}
            assert moved <= {"last_modified_time"}
            assert set(bill()["custom_field_hash"]) - set(MARKS) == set()

            by_hand = [{"api_name": MARKS[0], "value": "see ticket 7"}]
            served[scenario.SOURCE].post("objects/bills", {"id": document.ledger_id, "custom_fields": by_hand})
            asked = marks()
            run()
            assert (shown()[0], marks()) == ("see ticket 7", asked), "what a person wrote there is theirs"
            with engine.database.read() as connection:
                row = connection.execute(select(records).where(records.c.external_id == document.ledger_id)).first()
            assert row is not None
            assert row.state == "in_step"
            assert json.loads(row.input)["total"] == json.loads(row.other_input)["total"]
