"""docs/hooks.md is generated from ``mlc.hookspecs``, and says of every hook exactly what stands there."""

import inspect
import re
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from mlc import hookspecs
from mlc.plugins import HOOKS

from .conftest import ROOT, fences

PAGE = ROOT / "docs" / "hooks.md"


def _generated(what: str) -> str:
    """What docs/hooks/generate.py says: the page, or a hook's signature."""
    source = ROOT / "docs" / "hooks" / "generate.py"
    spec = spec_from_file_location("hooks_generate", source)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.page() if what == "page" else module.signature(what)
    return text


@pytest.fixture(scope="module")
def sections() -> Mapping[str, tuple[str, str]]:
    """Hook → its heading, and what stands under it."""
    found = {}
    for part in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        signature = heading.strip("` ")
        found[signature.partition("(")[0]] = (signature, re.split(r"^## ", text, flags=re.MULTILINE)[0])
    return found


def test_the_page_is_what_the_generator_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == _generated("page"), "docs/hooks.md is not up to date; say: make docs"


def test_every_hook_has_its_heading_and_there_is_no_other(sections: Mapping[str, tuple[str, str]]) -> None:
    assert set(sections) == HOOKS


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_heading_carries_the_exact_signature(sections: Mapping[str, tuple[str, str]], name: str) -> None:
    assert sections[name][0] == _generated(name)


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_has_its_contract_and_an_example(sections: Mapping[str, tuple[str, str]], name: str) -> None:
    text = sections[name][1]
    (example,) = fences(text, "python")
    assert f"def {name}(" in example
    compile(example, name, "exec")
    assert len(text.partition("```")[0].split()) > 5


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_errors_that_the_contract_names_are_on_the_page(sections: Mapping[str, tuple[str, str]], name: str) -> None:
    contract = inspect.getdoc(getattr(hookspecs, name)) or ""
    for error in re.findall(r"\b\w+Error\b", contract):
        assert error in sections[name][1], f"{name} may raise {error}"
