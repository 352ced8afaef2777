"""A running pairing keeps its form: bindings of the one are no customers of the other."""

import subprocess
import sys
from pathlib import Path

import pytest
from mlc.cli.main import main
from mlc.config import load_config
from mlc.connections import store_secrets
from mlc.engine.run import run_pairing
from mlc.errors import ConfigError, ExitCode
from mlc.plugins import load_plugins
from mlc.runner.embedded import open_engine
from mlc.store.credentials import Credentials
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

SECRETS = {"client_id": "1000.DEMO", "client_secret": "demo-secret", "refresh_token": "1000.demo.refresh"}
REFUSED = 'but what it has bound is of the form "account"'


def write(folder: Path, books: str, organisation: str, crm: str, since: str, model: str) -> Path:
    path = folder / "mlc.toml"
    path.write_text(
        f'home = "."\n[connections.books]\nsystem = "zoho-books"\nendpoint = "{books}"\n'
        f'organization_id = "{organisation}"\n[connections.crm]\nsystem = "zoho-crm"\nendpoint = "{crm}"\n'
        f'customers = "{model}s"\n[pairings.shop]\nrecipe = "zoho-books+zoho-crm"\nmodel = "{model}"\n'
        f'left = "books"\nright = "crm"\nsince = {since}\n',
        encoding="utf-8",
    )
    return path


def run(path: Path, *, accept: bool = True) -> None:
    plugins = load_plugins()
    with open_engine(load_config(path, plugins=plugins), plugins=plugins, limits=False) as engine:
        for name, system in (("books", "zoho-books"), ("crm", "zoho-crm")):
            secrets = plugins.system(system).secrets.model_validate(SECRETS)
            store_secrets(Credentials(engine.database, engine.keys, now=engine.clock.now), name, secrets)
        with engine.session("shop") as session:
            run_pairing(session, accept=accept, by="tests")


def test_the_form_is_refused_once_something_is_bound_and_changed_freely_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, crm = ZohoBooksStandIn(), ZohoCrmStandIn()
    crm.ui_change("Products", {"Product_Name": "Books invoice line"})
    person = {"First_Name": "Ida", "Last_Name": "Moe", "Email": "ida@home.example"}
    account = crm.ui_change("Accounts", {"Account_Name": "Moe Ltd", "Account_Type": "Customer"})
    crm.ui_change("Contacts", person | {"Account_Name": {"id": account["id"]}})
    books.limits_enabled = crm.limits_enabled = False
    with Server(books) as one, Server(crm) as other:
        told = (tmp_path, one.url, books.organization_id, other.url, books.books.today())
        run(write(*told, "contact"), accept=False)
        run(write(*told, "account"))
        names = [row["contact_name"] for row in books.store.all("contacts")]
        assert names == ["Moe Ltd"], "nothing was bound: it was read anew as an account"
        changed = write(*told, "contact")
        with pytest.raises(ConfigError, match=REFUSED):
            run(changed)
        for words in (["doctor", "--offline"], ["plan", "shop"], ["run", "shop", "--once"]):
            with pytest.raises(SystemExit) as ended:
                main(["--config", str(changed), *words])
            said = capsys.readouterr()
            assert REFUSED in " ".join((said.out + said.err).split()), words
            assert ended.value.code
        for_good = [
            sys.executable,
            "-c",
            "from mlc.cli.main import main; main()",
            "--config",
            str(changed),
            "run",
            "shop",
        ]
        ended_by_itself = subprocess.run(for_good, capture_output=True, text=True, timeout=30, check=False)
        assert REFUSED in " ".join(ended_by_itself.stderr.split()), "it is told at once, not when the pairing is due"
        assert ended_by_itself.returncode == ExitCode.USAGE
        run(write(*told, "account"))
        assert [row["contact_name"] for row in books.store.all("contacts")] == ["Moe Ltd"]
