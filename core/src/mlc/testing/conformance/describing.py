"""Checks: is the connector found, and does it say about itself what core and an operator need?"""

import re
from importlib.metadata import distribution, entry_points
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import SecretStr

from mlc.contract import Strategy
from mlc.plugins import SYSTEMS
from mlc.records import ObjectType, record_model
from mlc.system import Capability
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable

#: Names that RFC 2606 keeps for documentation and tests.
RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
NEEDED = {
    Capability.READ: ("mlc_fetch", "mlc_map"),
    Capability.FIND: ("mlc_find",),
    Capability.CREATE: ("mlc_render", "mlc_push"),
    Capability.UPDATE: ("mlc_render", "mlc_push"),
    Capability.VOID: ("mlc_render", "mlc_push"),
    Capability.REVERSE: ("mlc_render", "mlc_push"),
    Capability.MARK: ("mlc_render", "mlc_push"),
    Capability.WEBHOOKS: ("mlc_verify_webhook",),
}
#: Strategies under which several creates may share a request (R8).
BATCHING = frozenset({Strategy.UNIQUE_FIELD, Strategy.CALLER_KEY})


class DescribingChecks(Supplied):
    def test_it_is_found_by_its_entry_point(self) -> None:
        found = [entry for entry in entry_points(group=SYSTEMS) if entry.name == self.system]
        assert len(found) == 1, f"{len(found)} entry points of {SYSTEMS} are named {self.system!r}"
        assert self.bench.system.name == self.system

    def test_it_describes_itself_the_same_way_each_time(self) -> None:
        plugin = self.bench.plugins.found[0].plugin
        one, other = (plugin.mlc_describe() for _ in range(2))  # type: ignore[attr-defined]
        assert (one.objects, one.quotas, one.grants, one.version) == (
            other.objects, other.quotas, other.grants, other.version,
        )  # fmt: skip
        assert one.title.strip()

    def test_every_setting_is_described(self) -> None:
        mute = [name for name, field in self.bench.system.settings.model_fields.items() if not field.description]
        assert not mute, f"settings without a description: {', '.join(mute)}"

    def test_settings_refuse_unknown_keys_and_do_not_change(self) -> None:
        for model in (self.bench.system.settings, self.bench.system.secrets):
            assert model.model_config.get("extra") == "forbid", f"{model.__name__} takes unknown keys"
            assert model.model_config.get("frozen"), f"{model.__name__} can be changed after it was checked"

    def test_every_secret_is_a_described_secret(self) -> None:
        for name, field in self.bench.system.secrets.model_fields.items():
            assert _is_secret(field.annotation), f"{name} is no SecretStr: it would show in logs"
            assert field.description, f"the secret {name} is not described"

    def test_hosts_are_plain_names(self) -> None:
        system = self.bench.system
        settings = system.settings.model_validate(self.bench.settings)
        hosts = system.hosts(settings)
        if self.bench.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        assert hosts == system.hosts(settings), "hosts differ from one call to the next"
        odd = [host for host in hosts if not HOST.fullmatch(host) or "." not in host]
        assert not odd, f"no exact host names: {odd}"

    def test_it_calls_a_vendor_that_exists(self) -> None:
        if self.bench.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        system = self.bench.system
        invented = [
            host for host in system.hosts(system.settings.model_validate(self.bench.settings)) if _is_reserved(host)
        ]
        assert not invented, f"{invented[0]} belongs to nobody: the connector still speaks to the sample service"

    def test_quotas_are_declared(self) -> None:
        if self.bench.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        system = self.bench.system
        assert system.quotas, "no quota is declared: core would call as fast as it can"
        assert all(quota.limit > 0 and quota.counts in ("all", "read", "write", "mint") for quota in system.quotas)
        assert system.concurrency >= 1

    def test_every_capability_has_its_hooks(self) -> None:
        for support in self.bench.system.objects:
            for capability in support.can & NEEDED.keys():
                lacking = [hook for hook in NEEDED[capability] if not self.bench.answers(hook)]
                assert not lacking, f"{support.object_type}: {capability} needs {', '.join(lacking)}"
            if Capability.READ in support.can and not support.complete_in_list:
                assert self.bench.answers("mlc_read"), f"{support.object_type}: lists are incomplete, so mlc_read"

    def test_each_object_type_is_declared_once_and_sensibly(self) -> None:
        kinds = [support.object_type for support in self.bench.system.objects]
        assert kinds, "no object type is declared"
        assert len(kinds) == len(set(kinds)), "an object type is declared twice"
        for support in self.bench.system.objects:
            assert support.can, f"{support.object_type} can do nothing"
            assert support.batch_size >= 1
            atomic = support.batch_size == 1 or support.strategy in BATCHING
            assert atomic, f"{support.object_type}: batches need a unique field or the caller's key"
            assert support.applies_within_s >= 0
            assert support.visible_within_s >= 0

    def test_natural_keys_are_fields_of_the_record(self) -> None:
        for support in self.bench.system.objects:
            if support.object_type is ObjectType.ATTACHMENT:
                continue
            fields = record_model(support.object_type).model_fields
            odd = [name for name in support.natural_key if name not in fields]
            assert not odd, f"{support.object_type} has no {', '.join(odd)}"

    def test_what_creates_under_search_can_find(self) -> None:
        creating = self.bench.need(Capability.CREATE)
        for support in creating:
            if support.strategy in (Strategy.SEARCH, Strategy.UNIQUE_FIELD):
                can = Capability.FIND in support.can
                assert can, f"{support.object_type}: an uncertain create is settled by looking it up"

    def test_its_version_is_that_of_its_package(self) -> None:
        found = self.bench.plugins.found[0]
        if found.version is None:
            not_applicable("the connector was not installed as a package.")
        assert self.bench.system.version == found.version

    def test_connecting_is_explained(self) -> None:
        system = self.bench.system
        if not system.secrets.model_fields:
            not_applicable("the system asks for no secrets.")
        assert system.connect_help.strip(), "connect_help does not say where the secrets are found"

    def test_its_readme_names_every_setting_and_secret(self) -> None:
        found = self.bench.plugins.found[0]
        file = getattr(found.plugin, "__file__", None)
        text = readme_of(found.distribution, Path(file) if file else None)
        system = self.bench.system
        names = [*system.settings.model_fields, *system.secrets.model_fields]
        missing = [name for name in names if f"`{name}`" not in text]
        assert not missing, f"the README does not name: {', '.join(missing)}"


def readme_of(name: str | None, near: Path | None = None) -> str:
    """The README as the installed package carries it; for one installed from its sources, the file beside them."""
    if name is None:
        not_applicable("the connector was not installed as a package.")
    carried = (distribution(name).read_text("METADATA") or "").partition("\n\n")[2]
    if carried.strip() or near is None:
        return carried
    beside = (parent / "README.md" for parent in near.parents if (parent / "pyproject.toml").exists())
    found = next(beside, None)
    return found.read_text(encoding="utf-8") if found is not None and found.exists() else ""


def _is_secret(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return all(_is_secret(one) for one in get_args(annotation) if one is not type(None))
    return annotation is SecretStr


def _is_reserved(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in RESERVED)
