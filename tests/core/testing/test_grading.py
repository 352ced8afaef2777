"""Grades are computed from rules that are data."""

import pytest
from mlc.errors import PluginError
from mlc.testing.conformance import CHECKS
from mlc.testing.grading import NONE, Finding, Rules, Said, grade, load_rules, read_rules

DATA = {
    "order": ["bronze", "silver", "gold"],
    "must": ["test_b"],
    "levels": {
        "bronze": {"title": "reads", "checks": ["test_a", "test_b"]},
        "silver": {"title": "writes", "checks": ["test_c"]},
        "gold": {"title": "survives", "checks": [], "faults": 100},
    },
}


@pytest.fixture
def rules() -> Rules:
    return read_rules(DATA)


def found(**said: Said) -> list[Finding]:
    return [Finding(f"test_{name}", each) for name, each in said.items()]


def test_every_check_stands_in_one_level_and_every_rule_is_a_check() -> None:
    rules = load_rules()
    named = [check for level in rules.levels for check in level.checks]
    assert set(named) == CHECKS
    assert rules.must <= CHECKS
    assert len(CHECKS) >= 40


def test_a_level_is_earned_when_all_its_checks_are_passed_or_cannot_apply(rules: Rules) -> None:
    given = found(a=Said.PASSED, b=Said.NOT_APPLICABLE, c=Said.EXEMPT)
    assert grade(given, rules).name == "silver"


@pytest.mark.parametrize("said", [Said.FAILED, Said.NOT_SHOWN, Said.KNOWN])
def test_what_failed_or_was_not_shown_costs_its_level(rules: Rules, said: Said) -> None:
    earned = grade(found(a=Said.PASSED, b=Said.PASSED, c=said), rules)
    assert earned.name == "bronze"
    assert earned.lost["silver"] == ("test_c",)


def test_a_lower_level_that_is_lost_loses_those_above(rules: Rules) -> None:
    assert grade(found(a=Said.FAILED, b=Said.PASSED, c=Said.PASSED), rules).name == NONE


def test_what_must_hold_cannot_be_exempted(rules: Rules) -> None:
    assert grade(found(a=Said.PASSED, b=Said.EXEMPT, c=Said.PASSED), rules).name == NONE


def test_a_check_that_was_not_run_is_lost(rules: Rules) -> None:
    assert grade(found(a=Said.PASSED), rules).lost["bronze"] == ("test_b",)


@pytest.mark.parametrize(
    ("faults", "unharmed", "name"), [(100, True, "gold"), (99, True, "silver"), (100, False, "silver")]
)
def test_faults_count_only_when_nothing_was_doubled_or_lost(
    rules: Rules, faults: int, unharmed: bool, name: str
) -> None:
    given = found(a=Said.PASSED, b=Said.PASSED, c=Said.PASSED)
    assert grade(given, rules, faults=faults, unharmed=unharmed).name == name


def test_a_check_in_two_levels_is_refused() -> None:
    levels = {**DATA["levels"], "silver": {"title": "writes", "checks": ["test_a"]}}  # type: ignore[dict-item]
    with pytest.raises(PluginError, match="two levels"):
        read_rules({**DATA, "levels": levels})
