"""The command line itself: commands found, mistakes told, exit codes kept."""

import json

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
