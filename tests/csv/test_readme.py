"""The README's example is a configuration that loads, and its two files are files that it reads."""

import re
from pathlib import Path

from mlc.config import load_config
from mlc.plugins import load_plugins
from mlc.records import Bill, ObjectType, Vendor
from mlc_csv.mapping import parse, to_record
from mlc_csv.settings import CsvSettings

README = Path(__file__).parents[2] / "plugins" / "mlc_csv" / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_its_example_reads_its_samples(tmp_path: Path) -> None:
    config = tmp_path / "mlc.toml"
    config.write_text(blocks("toml")[0], encoding="utf-8")
    loaded = load_config(config, plugins=load_plugins())
    settings = CsvSettings.model_validate(loaded.connections["files"].settings)
    bills, vendors = (text.encode() for text in blocks("text"))
    ((key, rows),) = parse(ObjectType.BILL, settings, bills, "bills.csv").items()
    bill = to_record(ObjectType.BILL, {"rows": rows}, settings)
    assert isinstance(bill, Bill)
    assert (key, str(bill.total), len(bill.lines)) == ("V17/2026%2F118", "1475.50", 2)
    (rows,) = parse(ObjectType.VENDOR, settings, vendors, "vendors.csv").values()
    vendor = to_record(ObjectType.VENDOR, {"rows": rows}, settings)
    assert isinstance(vendor, Vendor)
    assert vendor.name == "Harbour Paper Ltd"


def test_what_it_says_of_payments_back_loads_too(tmp_path: Path) -> None:
    first, back = blocks("toml")
    config = tmp_path / "mlc.toml"
    head, _, pairing = first.partition("money_accounts")
    assert pairing
    config.write_text(head + back.partition("\n")[2], encoding="utf-8")
    modes = {flow.name: flow.mode.value for flow in load_config(config, plugins=load_plugins()).pairings[
        "files-to-books"
    ].flows}  # fmt: skip
    assert (modes["payments"], modes["payments-back"]) == ("off", "write")
