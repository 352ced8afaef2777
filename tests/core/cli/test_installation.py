"""init, doctor, audit, recover: what an operator does around the runs."""

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from mlc.store.audit import AuditGroup
from mlc.store.database import open_database
from mlc.store.instance import InstanceGuard

from .conftest import Installation, Vendor


def _complete(mlc: Installation, vendor: Vendor) -> None:
    done = mlc.say(
        "init", "--recipe", "tiny+small", "--since", "2026-11-01", "--set", "tiny.tenant=acme", "--set",
        f"tiny.endpoint={vendor.url}", "--set", "small.tenant=acme", "--set", f"small.endpoint={vendor.url}",
        "--set", "money_accounts.1010=Main bank", "--set", "freight_account=5400",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _note_something(home: Path) -> None:
    database = open_database(home / "mlc.db")
    with database.write() as tx:
        group = AuditGroup(run_id=3, pairing="main")
        group.add("write.sent", record_id=7, object_type="bill", side="right", external_id="B-1", total="10.00")
        group.write(tx, datetime(2026, 11, 20, 10, tzinfo=UTC))
    database.close()


def test_init_writes_a_file_that_a_stranger_can_complete(mlc: Installation) -> None:
    done = mlc.say("init", "--recipe", "tiny+small")
    assert done.returncode == 0, done.stderr
    text = (mlc.folder / "mlc.toml").read_text()
    for line in (
        "# The name in your address.",
        '# tenant = "…"   # required',
        "# page_size = 100",
        '# client_secret = { env = "TINY_CLIENT_SECRET" }',
        '# money_accounts = { "1010" = "Main bank" }   # required',
        f"since = {datetime.now(UTC).date().replace(day=1)}",
    ):
        assert line in text.splitlines(), line
    assert (mlc.folder / "mlc.toml").stat().st_mode & 0o077 == 0
    told = mlc.say("doctor", "--offline")
    assert told.returncode == 1
    assert "[connections.tiny] tenant is missing: The name in your address." in told.stdout


def test_init_takes_the_answers_as_options_and_the_result_is_whole(mlc: Installation, vendor: Vendor) -> None:
    _complete(mlc, vendor)
    done = mlc.say("doctor")
    assert done.returncode == 1, done.stdout
    wrong = [line.split("  ")[1] for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert wrong == ["credentials of small", "credentials of tiny"]
    assert "2 connections, 1 pairings" in done.stdout
    assert "endpoint of tiny" in done.stdout


def test_init_replaces_nothing_unasked(mlc: Installation) -> None:
    mlc.configure("# mine\n")
    done = mlc.say("init", "--recipe", "tiny+small")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    done = mlc.say("init", "--recipe", "tiny+small", "--force")
    assert done.returncode == 0
    (kept,) = mlc.folder.glob("mlc.toml.bak")
    assert kept.read_text() == "# mine\n"
    assert f"kept as {kept}" in done.stdout


def test_init_refuses_what_it_does_not_know(mlc: Installation) -> None:
    assert "did you mean recipe tiny+small?" in mlc.say("init", "--recipe", "tiny-small").stderr
    assert "did you mean tiny.tenant?" in mlc.say("init", "--recipe", "tiny+small", "--set", "tiny.tennant=x").stderr
    assert "did you mean since?" in mlc.say("init", "--recipe", "tiny+small", "--set", "sinse=x").stderr


def test_doctor_tells_what_is_wrong_and_goes_on(mlc: Installation) -> None:
    assert "mlc init writes one" in mlc.say("doctor").stdout
    mlc.configure('[connections.main]\nsystem = "tiny"\ntenant = "acme"\nendpoint = "http://127.0.0.1:1"\n')
    found = json.loads(mlc.say("doctor", "--json").stdout)
    wrong = {finding["what"]: finding["sentence"] for finding in found if finding["level"] == "wrong"}
    assert "has no pairing" in wrong["pairings"]
    (mlc.folder.parent / "home" / "key").write_text("x")
    (mlc.folder.parent / "home" / "key").chmod(0o644)
    found = json.loads(mlc.say("doctor", "--json").stdout)
    assert "can be read by others" in next(one["sentence"] for one in found if one["what"] == "key")


def test_doctor_tells_of_an_endpoint_that_does_not_answer(mlc: Installation, vendor: Vendor) -> None:
    _complete(mlc, vendor)
    text = (mlc.folder / "mlc.toml").read_text()
    mlc.configure(text.replace(vendor.url, "http://127.0.0.1:1", 1))
    done = mlc.say("doctor")
    assert done.returncode == 1
    assert "127.0.0.1 port 1 does not answer" in done.stdout


def test_audit_shows_filters_exports_and_verifies(mlc: Installation) -> None:
    mlc.configure("")
    _note_something(mlc.folder.parent / "home")
    assert "write.sent" in mlc.say("audit", "--record", "7").stdout
    assert mlc.say("audit", "--record", "8").stdout == "Nothing was noted.\n"
    assert mlc.say("audit", "--until", "2026-11-20").stdout == "Nothing was noted.\n"
    assert json.loads(mlc.say("audit", "--since", "2026-11-20", "--json").stdout)[0]["detail"] == {"total": "10.00"}
    (row,) = csv.DictReader(io.StringIO(mlc.say("audit", "--csv").stdout))
    assert (row["external_id"], row["detail"]) == ("B-1", "total=10.00")
    assert mlc.say("audit", "verify").stdout.startswith("The audit trail is whole: 1 events in 1 groups")


def test_a_trail_that_was_changed_needs_a_person(mlc: Installation) -> None:
    mlc.configure("")
    home = mlc.folder.parent / "home"
    _note_something(home)
    database = open_database(home / "mlc.db")
    with database.write() as tx:
        tx.exec_driver_sql("UPDATE audit SET detail = '{}'")
    database.close()
    done = mlc.say("audit", "verify")
    assert (done.returncode, done.stdout) == (1, "Group 1 of the audit trail was changed after it was written.\n")


def test_recover_lets_a_copied_database_write_again(mlc: Installation) -> None:
    mlc.configure("")
    home = mlc.folder.parent / "home"
    database = open_database(home / "mlc.db")
    InstanceGuard(database, home).check()
    database.close()
    shutil.copytree(home, mlc.folder.parent / "copy")
    mlc.environ["MLC_HOME"] = str(mlc.folder.parent / "copy")
    assert "was copied or moved" in mlc.say("doctor").stdout
    assert mlc.say("recover", stdin="n\n").returncode == 130
    assert mlc.say("recover", stdin="y\n").returncode == 0
    assert "was copied or moved" not in mlc.say("doctor").stdout
