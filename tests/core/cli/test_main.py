"""The command line itself: commands found, mistakes told, exit codes kept."""

import json
import shlex
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import Installation


def test_help_lists_every_command_and_those_of_plugins(mlc: Installation) -> None:
    done = mlc.say("--help")
    assert done.returncode == 0
    assert "plugins      What is installed and what it can do." in done.stdout
    assert "hello        From mlc-tiny." in done.stdout


def test_a_command_of_a_plugin_runs(mlc: Installation) -> None:
    assert mlc.say("hello").stdout == "hello\n"


def test_a_command_of_a_plugin_that_cannot_be_loaded_is_told_when_it_is_called(mlc: Installation) -> None:
    done = mlc.say("broken")
    assert done.returncode == 5
    assert done.stderr.startswith("The command 'broken' (mlc_nowhere:hello) cannot be loaded: ")


def test_a_misspelt_command_is_told_with_the_right_one(mlc: Installation) -> None:
    done = mlc.say("doktor")
    assert done.returncode == 2
    assert done.stderr == "There is no command 'doktor'; did you mean doctor? See mlc --help.\n"


def test_a_wrong_option_is_wrong_usage(mlc: Installation) -> None:
    done = mlc.say("plugins", "list", "--colour")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_an_error_is_one_sentence_and_with_debug_a_traceback(mlc: Installation) -> None:
    plain, debug = mlc.say("connections"), mlc.say("--debug", "connections")
    assert plain.returncode == 2
    assert plain.stderr.count("\n") == 1
    assert "mlc init writes one" in plain.stderr
    assert "Traceback" in debug.stderr


def test_the_global_flags_may_stand_anywhere(mlc: Installation) -> None:
    first, last = mlc.say("--json", "plugins", "list"), mlc.say("plugins", "list", "--json")
    assert first.stdout == last.stdout
    assert {row["name"] for row in json.loads(first.stdout)} >= {"tiny", "small", "tiny+small"}


def test_the_version_is_told(mlc: Installation) -> None:
    assert mlc.say("--version").stdout.startswith("mlc, version ")


def test_completion_is_printed_for_each_shell(mlc: Installation) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_MLC_COMPLETE" in mlc.say("completion", shell).stdout


def test_plugins_are_shown_with_settings_secrets_objects_and_quotas(mlc: Installation) -> None:
    shown = mlc.say("plugins", "info", "tiny").stdout
    for text in ("tenant", "client_secret", "secret", "bill", "attach", "day", "1000"):
        assert text in shown
    assert json.loads(mlc.say("--json", "plugins", "info", "tiny+small").stdout)["flows"][0]["from"] == "left"
    assert mlc.say("plugins", "info", "huge").returncode == 2


def test_without_a_command_the_help_is_all_that_is_said(mlc: Installation) -> None:
    done = mlc.say()
    assert done.returncode == 2
    assert done.stderr.endswith("Print the script that completes mlc in your shell.\n")


def test_a_command_of_a_package_that_is_not_installed_names_the_package() -> None:
    from click.testing import CliRunner
    from mlc.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "_added", dict)
        done = CliRunner().invoke(main.mlc, ["demo"])
    assert done.exit_code == 2
    assert "demo comes with the package mlc-sandbox, which is not installed here" in done.output
    assert "pip install ./plugins/mlc_sandbox" in done.output


@pytest.mark.parametrize("words", ["--help", "audit --csv", "--json audit", "plugins info tiny"])
def test_a_reader_that_has_gone_is_no_answer_of_ours(configured: Installation, words: str) -> None:
    line = " ".join(shlex.quote(word) for word in configured._line(tuple(words.split())))
    done = subprocess.run(
        ["bash", "-c", f"sleep 0.1; {{ sleep 1; {line}; echo $? >&2; }} | true"],
        cwd=configured.folder,
        env=configured.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "141\n"


def test_output_that_goes_nowhere_or_does_not_fit_is_no_crash(configured: Installation) -> None:
    line = " ".join(shlex.quote(word) for word in configured._line(("connections",)))
    for end, code, said in ((">&-", 0, ""), ("> /dev/full", 2, "No space left on device; make room")):
        done = subprocess.run(
            ["bash", "-c", f"{line} {end}"],
            cwd=configured.folder,
            env=configured.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr.startswith(said)) == (code, True), done.stderr
        assert done.stderr.count("\n") == (1 if said else 0)


def test_what_nobody_foresaw_is_neither_a_traceback_nor_an_answer(mlc: Installation) -> None:
    (mlc.folder.parent / "packages" / "mlc_hello.py").write_text(
        "import click\n@click.command()\ndef hello():\n    raise ZeroDivisionError('by 0')\n"
    )
    done = mlc.say("hello")
    assert done.returncode == 70
    assert done.stderr == (
        "mlc failed in a way it did not expect (ZeroDivisionError: by 0); "
        "say it again with --debug, which shows where, and report that.\n"
    )
    assert "Traceback" in mlc.say("hello", "--debug").stderr


def test_a_database_that_fails_later_is_told_without_the_statement(configured: Installation, tmp_path: Path) -> None:
    assert configured.say("audit").returncode == 0
    with closing(sqlite3.connect(tmp_path / "home" / "mlc.db")) as database:
        database.execute("DROP TABLE audit")
    done = configured.say("audit", "--id", "hunter2")
    assert done.returncode == 2
    assert (
        done.stderr == "The database cannot be used: no such table: audit. Nothing is lost; mlc doctor looks at it.\n"
    )
