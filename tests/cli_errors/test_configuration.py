"""Mistakes in mlc.toml, on the command line and with the database: one sentence, exit code 2."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import ExitCode

from .conftest import Installation

ONCE = ("run", "main", "--once")


def test_without_a_configuration_the_places_and_the_remedy_are_told(mlc: Installation) -> None:
    told = mlc.say("status", write=False)
    assert told.code == ExitCode.USAGE
    assert told.sentence() == f"There is no configuration: looked at {mlc.path}; mlc init writes one."
    named = mlc.say("--config", "elsewhere.toml", *ONCE, write=False)
    assert named.code == ExitCode.USAGE
    assert "no configuration at elsewhere.toml" in named.sentence()
    assert "mlc --config elsewhere.toml init" in named.sentence()


@pytest.mark.parametrize(
    ("table", "key", "value", "said"),
    [
        (
            "books",
            "system",
            "zoho-boks",
            "[connections.books] system = zoho-boks is not known; did you mean system = zoho-books?",
        ),
        ("books", "system", "xero", "system = xero is not known; known are "),
        (
            "books",
            "organisation_id",
            "7",
            "[connections.books] organisation_id is not known; did you mean organization_id?",
        ),
        (
            "books",
            "organization_id",
            "abc",
            "organization_id: is not written like that (it is 'abc'): The organisation (Settings,",
        ),
        (
            "buying",
            "subdomain",
            "https://acme.procurify.com",
            "subdomain: the subdomain is only the part before .procurify.com",
        ),
        ("buying", "page_size", "many", "page_size: must be a whole number (it is 'many')"),
        ("buying", "subdomain", None, "[connections.buying] subdomain is missing: The part before .procurify.com"),
        ("pairing", "recipe", "procurify+zoho", "did you mean recipe = procurify+zoho-books?"),
        (
            "pairing",
            "freight_acount",
            "1",
            "[pairings.main] freight_acount is not known; did you mean freight_account?",
        ),
        ("pairing", "left", "buyin", "[pairings.main] left = buyin is not known; did you mean left = buying?"),
        ("pairing", "left", "books", "is a connection to zoho-books; procurify+zoho-books has procurify on that side."),
        (
            "pairing",
            "since",
            None,
            "[pairings.main] since is missing; the recipe procurify+zoho-books needs it: since = 2026",
        ),
        ("pairing", "missing_vendor", "invent", "missing_vendor must be hold or create (it is 'invent')."),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(
    mlc: Installation, table: str, key: str, value: Any, said: str
) -> None:
    changed = getattr(mlc, table)
    changed.pop(key, None)
    if value is not None:
        changed[key] = value
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.USAGE
    assert told.sentence().startswith(f"{mlc.path}: ")
    assert said in told.sentence()


def test_text_that_is_no_toml_is_told_with_its_line(mlc: Installation) -> None:
    mlc.path.write_text("[connections\n", encoding="utf-8")
    told = mlc.say(*ONCE, write=False)
    assert told.code == ExitCode.USAGE
    assert "cannot be read" in told.sentence()
    assert "line 1" in told.sentence()


@pytest.mark.parametrize(
    "words",
    [
        ("run", "mian", "--once"),
        ("plan", "mian"),
        ("reconcile", "mian"),
        ("held", "--pairing", "mian"),
        ("dead", "--pairing", "mian"),
        ("audit", "--pairing", "mian"),
    ],
)
def test_an_unknown_pairing_is_told_with_those_there_are(mlc: Installation, words: tuple[str, ...]) -> None:
    told = mlc.say(*words)
    assert told.code == ExitCode.USAGE
    assert told.sentence() == f"There is no pairing 'mian' in {mlc.path} (there are: main)."


@pytest.mark.parametrize("words", [("ping", "bokos"), ("connect", "bokos"), ("budget", "bokos")])
def test_an_unknown_connection_is_told_with_the_closest(mlc: Installation, words: tuple[str, ...]) -> None:
    told = mlc.say(*words)
    assert told.code == ExitCode.USAGE
    assert told.sentence() == f"{mlc.path}: there is no connection 'bokos'; there is books."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rnu",), "There is no command 'rnu'; did you mean run? See mlc --help."),
        (("status", "main"), "unexpected extra argument (main). See mlc status --help."),
        (("plugins", "info", "xero"), "Nothing named 'xero' is installed; there is "),
        (("held", "skip", "NO-1", "--reason", "x"), "Nothing named NO-1 is held; mlc held lists what is."),
        (("dead", "show", "NO-1"), "NO-1"),
        (("replay", "everything"), "everything is neither run:NUMBER nor a record's number"),
        (("completion", "tcsh"), "'tcsh'"),
    ],
)
def test_wrong_words_are_wrong_usage(mlc: Installation, words: tuple[str, ...], said: str) -> None:
    told = mlc.say(*words)
    assert told.code == ExitCode.USAGE
    assert said in told.sentence()


def test_a_variable_that_is_not_set_is_named(mlc: Installation) -> None:
    del mlc.environ["BOOKS_SECRET"]
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.USAGE
    assert told.sentence() == (
        f"{mlc.path}: [connections.books] client_secret: the environment variable BOOKS_SECRET is not set."
    )


def test_a_secret_in_clear_is_taken_with_a_warning_that_does_not_show_it(mlc: Installation) -> None:
    mlc.buying["client_secret"] = "demo-secret"
    told = mlc.say("ping", "buying")
    assert told.code == ExitCode.DONE
    (warning,) = told.err.splitlines()
    assert warning.startswith(f"Warning: {mlc.path}: [connections.buying] client_secret stands in clear; write ")
    assert "mlc connect buying" in warning
    assert "demo-secret" not in told.err + told.out


def test_a_database_that_cannot_be_written_is_told_with_the_remedy(mlc: Installation) -> None:
    (mlc.home / "file").write_text("", encoding="utf-8")
    mlc.write()
    _put_database(mlc.path, "file/mlc.db")
    for words in (ONCE, ("status",), ("audit",)):
        told = mlc.say(*words, write=False)
        assert told.code == ExitCode.USAGE
        assert f"The database {mlc.home}/file/mlc.db cannot be written: " in told.sentence()
        assert "MLC_HOME" in told.sentence()


def test_something_else_in_the_place_of_the_database_is_told(mlc: Installation) -> None:
    mlc.write()
    _put_database(mlc.path, "mlc.toml")
    told = mlc.say(*ONCE, write=False)
    assert told.code == ExitCode.USAGE
    assert f"The database {mlc.path} cannot be used: file is not a database. Look at database" in told.sentence()


def test_a_copied_installation_writes_nothing_until_recovered(mlc: Installation) -> None:
    mlc.books["organization_id"] = "700009999"
    assert mlc.say(*ONCE).code == ExitCode.CREDENTIALS
    other = mlc.home / "copy"
    shutil.copytree(mlc.home, other, ignore=shutil.ignore_patterns("copy"))
    mlc.home = other
    told = mlc.say("run", "main", "--once", "--accept", write=False)
    assert told.code == ExitCode.USAGE
    assert "mlc recover" in told.sentence()


def test_a_second_run_on_one_database_names_the_first(mlc: Installation) -> None:
    mlc.write()
    first = mlc.start("run", "main")
    try:
        _wait_for(mlc.home / "mlc.db.lock", str(first.pid))
        told = mlc.say("run", "main", "--once")
    finally:
        first.terminate()
        first.end(60)
    assert told.code == ExitCode.USAGE
    assert told.sentence().startswith(f"Process {first.pid} already works on {mlc.home}/mlc.db; stop it first")


def _put_database(path: Path, name: str) -> None:
    path.write_text(f'database = "{name}"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")


def _wait_for(path: Path, text: str) -> None:
    from time import monotonic, sleep

    end = monotonic() + 30
    while not (path.is_file() and path.read_text(encoding="utf-8").strip() == text):
        assert monotonic() < end, f"{path} never said {text}"
        sleep(0.05)


def test_files_that_cannot_be_written_or_read_are_named(mlc: Installation) -> None:
    (mlc.home / "file").write_text("", encoding="utf-8")
    (mlc.home / "raw.toml").write_bytes(b"\xff\xfe")
    for words, said in (
        (
            ("--config", "file/mlc.toml", "init", "--recipe", "procurify+zoho-books"),
            f"{mlc.home}/file cannot be used: ",
        ),
        (("--config", str(mlc.home), "status"), f"{mlc.home} is a folder; name the file in it: --config "),
        (("--config", "raw.toml", "status"), f"{mlc.home}/raw.toml cannot be read: "),
    ):
        told = mlc.say(*words)
        assert told.code == ExitCode.USAGE
        assert told.sentence().startswith(said)


def test_a_schedule_that_cannot_be_read_is_told_with_its_place(mlc: Installation) -> None:
    mlc.pairing["every"] = "soon"
    told = mlc.say("run", "main")
    assert told.code == ExitCode.USAGE
    assert told.sentence().startswith(f'{mlc.path}: [pairings.main] every = "soon" is neither an interval like 15m')


def test_the_doctor_reads_schedules_too(mlc: Installation) -> None:
    mlc.pairing["every"] = "0 25 * * *"
    told = mlc.say("doctor", "--offline", "--json")
    assert told.code == ExitCode.NEEDS_A_PERSON
    (wrong,) = [one["sentence"] for one in json.loads(told.out) if one["level"] == "wrong"]
    assert wrong.startswith(f'{mlc.path}: [pairings.main] every = "0 25 * * *" is neither an interval like 15m')


def test_the_database_may_be_named_by_the_environment(mlc: Installation) -> None:
    mlc.write()
    text = mlc.path.read_text(encoding="utf-8")
    mlc.path.write_text('database = { env = "BOOKS_DB" }\n' + text, encoding="utf-8")
    told = mlc.say("status", write=False)
    assert told.sentence() == f"{mlc.path}: database: the environment variable BOOKS_DB is not set."
    mlc.environ["BOOKS_DB"] = "elsewhere.db"
    assert mlc.say("status", write=False).code == ExitCode.DONE
    assert (mlc.home / "elsewhere.db").is_file()


@pytest.mark.parametrize("words", [("held", "skip", "1"), ("dead", "skip", "1")])
def test_a_reason_that_says_nothing_is_none(mlc: Installation, words: tuple[str, ...]) -> None:
    told = mlc.say(*words, "--reason", " ")
    assert told.code == ExitCode.USAGE
    assert "Say why" in told.sentence()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://u:hunter2@127.0.0.1:9/x",
        "mysql://u:hunter2@127.0.0.1:9/x",
        "postgresql+psycopg://u:hunter2@127.0.0.1:port/x",
        "u:hunter2://",
    ],
)
def test_a_server_that_is_not_there_is_told_without_its_password(mlc: Installation, address: str) -> None:
    mlc.write()
    _put_database(mlc.path, address)
    told = mlc.say("status", write=False)
    assert told.code == ExitCode.USAGE
    assert "database " in told.sentence()
    assert "hunter2" not in told.err


def test_keys_that_do_not_fit_are_told_with_what_to_do(mlc: Installation) -> None:
    mlc.environ["MLC_KEY"] = "short"
    assert "MLC_KEY holds something that is not a base64 key" in mlc.say("ping", "books").sentence()
    del mlc.environ["MLC_KEY"]
    assert mlc.say("ping", "books").code == ExitCode.DONE
    (mlc.home / "key").chmod(0o644)
    readable = mlc.say("ping", "books")
    assert (readable.code, "run: chmod 600 " in readable.sentence()) == (ExitCode.USAGE, True)
    mlc.environ["MLC_KEY"] = "A" * 43 + "="
    other = mlc.say("ping", "books")
    assert other.code == ExitCode.USAGE
    assert "put that key back, or run: mlc connect books" in other.sentence()
