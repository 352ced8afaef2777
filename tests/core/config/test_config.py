"""mlc.toml: what is good is resolved, what is wrong is told in one sentence with its remedy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from mlc.config import Config, default_home, find_file, read_file
from mlc.errors import ConfigError
from mlc.pairings import flow_digest
from mlc.recipes import FlowMode, Owner, PurchaseTax, Side

Load = Callable[..., Config]
Refusal = Callable[..., str]
PAIRING = '[pairings.main]\nrecipe = "buying+books"'


def test_a_good_file_is_resolved_with_the_recipes_defaults(load: Load, tmp_path: Path) -> None:
    config = load()
    pairing = config.pairings["main"]
    assert (pairing.left, pairing.right) == ("purchasing", "ledger")
    assert pairing.policy.since == date(2026, 11, 1)
    assert pairing.policy.payment_authority is Side.LEFT
    assert pairing.policy.limits.voids_min == 7
    assert pairing.policy.maps.money_accounts == {"1010": "Main bank"}
    assert [flow.name for flow in pairing.flows] == ["vendors", "bills"]
    assert config.connections["purchasing"].settings == {"tenant": "acme"}
    assert config.connections["purchasing"].secrets == {"token": {"env": "BUYING_TOKEN"}}
    assert config.home == tmp_path / "home"
    assert config.database == str(tmp_path / "home" / "mlc.db")
    assert config.warnings == ()


def test_an_operator_overrides_any_of_it(load: Load) -> None:
    flat = (
        'missing_vendor = "create"\npurchase_tax = "fold"\nrounding_limit = 9\n'
        'accounts = { "6100" = "Office Supplies" }\ncharges = { shipping = "Freight" }\n'
        'taxes = [{ rate = 20, to = "Standard" }]\nscope = { left = ["Plant"] }'
    )
    tables = (
        "[pairings.main.limits]\ncreates_min = 1\n"
        '[pairings.main.flows.bills]\nmode = "off"\nowners = { memo = "never" }\n'
    )
    config = load((PAIRING, f"{PAIRING}\n{flat}"), ("[pairings.main]", f"{tables}[pairings.main]"))
    pairing = config.pairings["main"]
    assert pairing.policy.missing_vendor is FlowMode.WRITE
    assert pairing.policy.purchase_tax is PurchaseTax.FOLD
    assert pairing.policy.rounding_limit == 9
    assert pairing.policy.maps.accounts == {"6100": "Office Supplies"}
    assert pairing.policy.maps.taxes[0].rate == Decimal(20)
    assert pairing.policy.scope == {Side.LEFT: ("Plant",)}
    assert (pairing.policy.limits.creates_min, pairing.policy.limits.voids_min) == (1, 7)
    assert pairing.flows[1].mode is FlowMode.OFF
    assert pairing.flows[1].owners == {"amount": Owner.LEFT, "memo": Owner.NEVER}


def test_the_operator_names_the_time_zone_of_hours(load: Load) -> None:
    assert load().time_zone == "UTC"
    config = load(("[connections.purchasing]", 'time_zone = "Europe/Berlin"\n[connections.purchasing]'))
    assert config.zone == ZoneInfo("Europe/Berlin")
    with pytest.raises(ConfigError, match=r"time_zone = 'Berlin' is no time zone known here"):
        load(("[connections.purchasing]", 'time_zone = "Berlin"\n[connections.purchasing]'))


def test_maps_may_be_csv_files_beside_the_configuration(load: Load, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "from,to,note\n6100,Office Supplies,paper\n6200, Travel,\n\n", encoding="utf-8-sig"
    )
    (tmp_path / "taxes.csv").write_text("name,rate,treatment,to\nVAT,20,,Standard\nNone,,exempt,Exempt\n")
    config = load((PAIRING, PAIRING + '\naccounts = "accounts.csv"\ntaxes = "taxes.csv"'))
    maps = config.pairings["main"].policy.maps
    assert maps.accounts == {"6100": "Office Supplies", "6200": "Travel"}
    assert maps.taxes[0].rate == Decimal(20)
    assert maps.taxes[1].treatment == "exempt"
    assert maps.taxes[1].rate is None


def test_settings_may_come_from_the_environment(load: Load) -> None:
    config = load(('tenant = "acme"', 'tenant = { env = "TENANT" }'), environ={"TENANT": "umbrella"})
    assert config.connections["ledger"].settings == {"tenant": "umbrella"}


def test_a_secret_in_clear_is_taken_with_a_warning_that_does_not_show_it(load: Load) -> None:
    config = load(('{ env = "BUYING_TOKEN" }', '"hunter2"'))
    assert config.connections["purchasing"].secrets == {"token": "hunter2"}
    assert len(config.warnings) == 1
    assert "[connections.purchasing] token stands in clear" in config.warnings[0]
    assert "hunter2" not in config.warnings[0]


@dataclass(frozen=True)
class Mistake:
    """One thing changed in the good file, and what is then said. The sentence names the table when it is in one."""

    old: str
    new: str
    sentence: str


MISTAKES = {
    "unknown key at the top": Mistake(
        "[connections.purchasing]",
        "databse = 'x'\n[connections.purchasing]",
        "databse is not known; did you mean database?",
    ),
    "database that is no text": Mistake(
        "[connections.purchasing]",
        "database = 5\n[connections.purchasing]",
        "database must be text (it is 5).",
    ),
    "unknown key of a connection": Mistake(
        'tenant = "acme"',
        'tennant = "acme"',
        "[connections.purchasing] tennant is not known; did you mean tenant?",
    ),
    "missing setting": Mistake(
        'tenant = "acme"\ntoken',
        "token",
        "[connections.purchasing] tenant is missing: The name in your address.",
    ),
    "setting of the wrong type": Mistake(
        'tenant = "acme"\ntoken',
        'tenant = "acme"\npage_size = "many"\ntoken',
        "[connections.purchasing] page_size: must be a whole number (it is 'many'): Rows per page.",
    ),
    "secret of the wrong type": Mistake(
        '{ env = "BUYING_TOKEN" }',
        "5",
        '[connections.purchasing] token must be text or { env = "NAME" }.',
    ),
    "setting from an unset variable": Mistake(
        'tenant = "acme"\ntoken',
        'tenant = { env = "NOWHERE" }\ntoken',
        "[connections.purchasing] tenant: the environment variable NOWHERE is not set.",
    ),
    "missing system": Mistake(
        'system = "books"\n',
        "",
        "[connections.ledger] system is missing; installed are books, buying.",
    ),
    "unknown system": Mistake(
        '"books"\n',
        '"bookz"\n',
        "[connections.ledger] system = bookz is not known; did you mean system = books?",
    ),
    "unknown recipe": Mistake(
        '"buying+books"',
        '"buying-books"',
        ("[pairings.main] recipe = buying-books is not known; did you mean recipe = buying+books?"),
    ),
    "missing recipe": Mistake(
        'recipe = "buying+books"\n',
        "",
        "[pairings.main] recipe is missing; installed are buying+books.",
    ),
    "unknown key of a pairing": Mistake(
        "since",
        "sinse",
        "[pairings.main] sinse is not known; did you mean since?",
    ),
    "a form that the recipe does not have": Mistake(
        "since = 2026-11-01\n",
        'since = 2026-11-01\nmodel = "contact"\n',
        (
            "[pairings.main] model = 'contact' is no form of the recipe buying+books; it has one form only; leave "
            "model out."
        ),
    ),
    "missing since": Mistake(
        "since = 2026-11-01\n",
        "",
        (
            "[pairings.main] since is missing; the recipe buying+books needs it: since = "
            "2026-11-01, the first ledger date whose documents may be created."
        ),
    ),
    "missing map": Mistake(
        'money_accounts = { "1010" = "Main bank" }',
        "",
        (
            "[pairings.main] money_accounts is missing; the recipe buying+books needs it: "
            'money_accounts = { "1010" = "Main bank" }, account code paid from → bank account of '
            "the ledger."
        ),
    ),
    "date as something else": Mistake(
        "2026-11-01",
        '"last year"',
        ("[pairings.main] since: must be a date like 2026-11-01 (it is 'last year')."),
    ),
    "map as something else": Mistake(
        '{ "1010" = "Main bank" }',
        "5",
        (
            "[pairings.main] money_accounts must be a table or the path of a CSV file, e.g. "
            'money_accounts = { "6100" = "Office Supplies" }.'
        ),
    ),
    "missing vendor otherwise": Mistake(
        PAIRING,
        PAIRING + '\nmissing_vendor = "ignore"',
        "[pairings.main] missing_vendor must be hold or create (it is 'ignore').",
    ),
    "unknown connection": Mistake(
        PAIRING,
        PAIRING + '\nleft = "purchase"',
        "[pairings.main] left = purchase is not known; did you mean left = purchasing?",
    ),
    "connection of another system": Mistake(
        PAIRING,
        PAIRING + '\nleft = "ledger"',
        ("[pairings.main] left = 'ledger' is a connection to books; buying+books has buying on that side."),
    ),
    "unknown flow": Mistake(
        PAIRING,
        PAIRING + "\nflows = { bill = {} }",
        "[pairings.main] flows.bill is not known; did you mean flows.bills?",
    ),
    "unknown key of a flow": Mistake(
        PAIRING,
        PAIRING + "\nflows = { bills = { mod = 'off' } }",
        "[pairings.main] flows.bills: mod is not known; did you mean mode?",
    ),
    "mode that is none": Mistake(
        PAIRING,
        PAIRING + "\nflows = { bills = { mode = 'on' } }",
        ("[pairings.main] flows.bills: mode: input should be 'off', 'match', 'hold' or 'write' (it is 'on')."),
    ),
    "unknown limit": Mistake(
        PAIRING,
        PAIRING + "\nlimits = { voids = 5 }",
        "[pairings.main] limits › voids: extra inputs are not permitted (it is 5).",
    ),
    "taxes as a table": Mistake(
        PAIRING,
        PAIRING + "\ntaxes = { a = 'b' }",
        ('[pairings.main] taxes must be a list of tables, e.g. taxes = [{ rate = 20, to = "Standard" }].'),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_remedy(refusal: Refusal, mistake: str) -> None:
    made = MISTAKES[mistake]
    assert refusal((made.old, made.new)).strip() == made.sentence


def test_text_that_is_not_toml_is_told_with_its_line(refusal: Refusal) -> None:
    assert "line 2" in refusal(text="[connections]\nbroken = \n")


def test_a_csv_file_that_is_missing_or_has_other_columns_is_told(refusal: Refusal, tmp_path: Path) -> None:
    change = (PAIRING, PAIRING + '\naccounts = "accounts.csv"')
    assert "accounts.csv cannot be read" in refusal(change)
    (tmp_path / "accounts.csv").write_text("old;new\n1;2\n")
    assert "accounts.csv has no column 'from' in its first line." in refusal(change)


def test_two_connections_to_a_system_must_be_told_apart(refusal: Refusal, load: Load) -> None:
    second = ("[connections.ledger]", '[connections.old]\nsystem = "books"\ntenant = "old"\n[connections.ledger]')
    assert "right is missing: name the connection to books (old, ledger)." in refusal(second)
    assert load(second, (PAIRING, PAIRING + '\nright = "old"')).pairings["main"].right == "old"


def test_the_file_is_looked_for_in_four_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"MLC_HOME": str(tmp_path / "home")}
    with pytest.raises(ConfigError, match=r"looked at .*mlc\.toml and .*home/mlc\.toml; mlc init writes one"):
        find_file(None, environ)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mlc.toml").touch()
    assert find_file(None, environ) == tmp_path / "home" / "mlc.toml"
    (tmp_path / "mlc.toml").touch()
    assert find_file(None, environ) == tmp_path / "mlc.toml"
    (tmp_path / "other.toml").touch()
    assert find_file(None, environ | {"MLC_CONFIG": "other.toml"}) == tmp_path / "other.toml"
    assert find_file(tmp_path / "mlc.toml", environ | {"MLC_CONFIG": "other.toml"}) == tmp_path / "mlc.toml"
    with pytest.raises(ConfigError, match=r"no configuration at nowhere\.toml"):
        find_file(Path("nowhere.toml"), environ)


def test_home_and_database_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mlc.toml"
    path.write_text('home = "state"\n')
    assert read_file(path, {}).home == tmp_path / "state"
    assert read_file(path, {}).database == str(tmp_path / "state" / "mlc.db")
    path.write_text('database = "here.db"\n')
    assert read_file(path, {"MLC_HOME": "/srv"}).database == str(tmp_path / "here.db")
    path.write_text('database = "postgresql://host/name"\n')
    assert read_file(path, {}).database == "postgresql://host/name"


def test_without_a_home_the_platform_says_where() -> None:
    assert default_home({}).name == "ml-connector"


def test_the_digest_of_a_flow_changes_with_what_shapes_its_records_and_with_nothing_else(load: Load) -> None:
    def digest(config: Config) -> str:
        pairing = config.pairings["main"]
        return flow_digest(pairing, pairing.flows[1])

    usual = digest(load())
    assert digest(load()) == usual
    assert digest(load(("2026-11-01", "2026-12-01"))) == usual
    assert digest(load((PAIRING, PAIRING + '\nevery = "5m"\nflows = { bills = { mode = "off" } }'))) == usual
    assert digest(load(("Main bank", "Other bank"))) != usual
    assert digest(load((PAIRING, PAIRING + '\nflows = { bills = { owners = { memo = "never" } } }'))) != usual
