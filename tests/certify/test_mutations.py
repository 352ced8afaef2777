"""Every way to break a connector that is listed in ``mutants`` is noticed, in words that name it."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from mlc.testing import SystemConformance

from .conftest import Install
from .mutants import MUTANTS, Mutant


def _unchanged(_folder: Path) -> None:
    """As the template has it."""


def _complaint(subject: type[SystemConformance], check: str, request: pytest.FixtureRequest) -> str | None:
    """What one check says of a connector: its name as a sentence, then its own words. None: it is content."""
    function = getattr(subject, check)
    fixtures = {name: request.getfixturevalue(name) for name in list(inspect.signature(function).parameters)[1:]}
    subject.setup_class()
    try:
        getattr(subject(), check)(**fixtures)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever a broken connector raises counts
        return f"{check.removeprefix('test_').replace('_', ' ')}: {type(error).__name__}: {error}"
    except pytest.skip.Exception as error:
        return f"skipped: {error}"
    finally:
        subject.teardown_class()
    return None


@pytest.mark.parametrize("check", sorted({mutant.check for mutant in MUTANTS}))
def test_the_connector_as_it_is_passes(install: Install, request: pytest.FixtureRequest, check: str) -> None:
    assert _complaint(install(_unchanged).Conformance, check, request) is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_broken_connector_is_told_apart(install: Install, request: pytest.FixtureRequest, mutant: Mutant) -> None:
    def plant(folder: Path) -> None:
        path = folder / mutant.file
        text = path.read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, f"{mutant.file} has not once: {mutant.old}"
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")

    told = _complaint(install(plant).Conformance, mutant.check, request)
    assert told is not None, f"nobody noticed that {mutant.name}"
    assert not told.startswith("skipped: "), told
    assert mutant.words.lower() in told.lower(), told


def test_there_are_enough_of_them_and_each_has_a_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 25


def test_the_page_lists_them_all_with_the_check_that_notices() -> None:
    folder = Path(__file__).parent
    code = "import mutationpage; print(mutationpage.page(), end='')"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    page = folder.parents[1] / "docs" / "mutations.md"
    assert page.read_text(encoding="utf-8") == done.stdout, "docs/mutations.md is not up to date; say: make docs"
