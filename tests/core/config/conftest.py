"""Two small systems, one recipe, and a file to break in one place."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlc import Capability, GrantKind, ObjectSupport, Secrets, Settings, System, hookimpl
from mlc.config import Config, load_config
from mlc.errors import ConfigError, ExitCode
from mlc.pairings import parse_recipe
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType
from pydantic import Field, SecretStr

RECIPE = """
name = "buying+books"
title = "Buying into books"
left = "buying"
right = "books"
requires = ["since", "money_accounts"]
[policy]
payment_authority = "left"
missing_vendor = "hold"
[policy.limits]
voids_min = 7
[[flows]]
name = "vendors"
object = "vendor"
from = "left"
mode = "hold"
[flows.owners]
name = "once"
[[flows]]
name = "bills"
object = "bill"
from = "left"
after = ["vendors"]
[flows.owners]
amount = "left"
memo = "left"
"""
GOOD = """
[connections.purchasing]
system = "buying"
tenant = "acme"
token = { env = "BUYING_TOKEN" }

[connections.ledger]
system = "books"
tenant = "acme"

[pairings.main]
recipe = "buying+books"
since = 2026-11-01
money_accounts = { "1010" = "Main bank" }
"""


class TenantSettings(Settings):
    tenant: str = Field(description="The name in your address.")
    page_size: int = Field(default=100, description="Rows per page.")


class TokenSecrets(Secrets):
    token: SecretStr = Field(description="The API token.")


def _system(name: str) -> Found:
    @hookimpl
    def mlc_describe() -> System:
        return System(
            name=name,
            title=name.title(),
            version="1.0",
            settings=TenantSettings,
            secrets=TokenSecrets,
            grants=(GrantKind.API_TOKEN,),
            objects=(ObjectSupport(ObjectType.BILL, frozenset({Capability.ATTACH})),),
            hosts=lambda _settings: ("api.example.com",),
        )

    @hookimpl
    def mlc_auth(connection: Any, tokens: Any) -> object:
        return object()

    module = ModuleType(name)
    module.mlc_describe = mlc_describe  # type: ignore[attr-defined]
    module.mlc_auth = mlc_auth  # type: ignore[attr-defined]
    return Found(name, module)


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return Plugins([_system("buying"), _system("books")], [parse_recipe(RECIPE, "The recipe")])


@pytest.fixture
def load(plugins: Plugins, tmp_path: Path) -> Callable[..., Config]:
    """Load a text as mlc.toml; pairs of texts replace something in a good one."""

    def loading(*changes: tuple[str, str], text: str = GOOD, environ: dict[str, str] | None = None) -> Config:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "mlc.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, plugins=plugins, environ={"MLC_HOME": str(tmp_path / "home"), **(environ or {})})

    return loading


@pytest.fixture
def refusal(load: Callable[..., Config], tmp_path: Path) -> Callable[..., str]:
    """The sentence with which loading fails, without the file's name at its start."""

    def refusing(*changes: tuple[str, str], **given: Any) -> str:
        with pytest.raises(ConfigError) as caught:
            load(*changes, **given)
        assert caught.value.exit_code is ExitCode.USAGE
        sentence = caught.value.sentence
        assert sentence.startswith(f"{tmp_path / 'mlc.toml'}")
        assert "\n" not in sentence
        return sentence.removeprefix(f"{tmp_path / 'mlc.toml'}").removeprefix(": ")

    return refusing
