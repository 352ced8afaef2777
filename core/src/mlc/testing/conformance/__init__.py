"""What every connector is held to: a pytest class that its author subclasses, supplying settings and little else.

A check passes, fails, or is skipped with a sentence: *not applicable* (the system cannot have it), *not shown* (what
is needed was not supplied), *exempt* (``quality.toml`` beside the subclass says why the vendor cannot do it).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from sys import modules
from typing import Any, ClassVar

import pytest

from mlc.testing.certified import QUALITY, TABLE
from mlc.testing.conformance.attaching import AttachingChecks
from mlc.testing.conformance.auth import AuthChecks
from mlc.testing.conformance.bench import Bench
from mlc.testing.conformance.describing import DescribingChecks
from mlc.testing.conformance.exercising import ExercisingChecks
from mlc.testing.conformance.fetching import FetchingChecks
from mlc.testing.conformance.finding import FindingChecks
from mlc.testing.conformance.http import HttpChecks
from mlc.testing.conformance.mapping import MappingChecks
from mlc.testing.conformance.omissions import OmissionChecks
from mlc.testing.conformance.pushing import PushingChecks
from mlc.testing.conformance.quotas import QuotaChecks
from mlc.testing.conformance.verdicts import exempt
from mlc.testing.conformance.watching import WatchingChecks
from mlc.testing.conformance.webhooks import WebhookChecks
from mlc.testing.grading import load_rules

TOPICS = (
    DescribingChecks,
    AuthChecks,
    FetchingChecks,
    MappingChecks,
    PushingChecks,
    FindingChecks,
    WebhookChecks,
    WatchingChecks,
    QuotaChecks,
    HttpChecks,
    OmissionChecks,
    AttachingChecks,
    ExercisingChecks,
)
PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Quality:
    """What an author says of a connector: check → reason. ``exempt`` is skipped if it may be, ``xfail`` has to fail."""

    exempt: Mapping[str, str]
    xfail: Mapping[str, str]


class SystemConformance(
    DescribingChecks, AuthChecks, FetchingChecks, MappingChecks, PushingChecks, FindingChecks, WebhookChecks,
    WatchingChecks, QuotaChecks, HttpChecks, OmissionChecks, AttachingChecks, ExercisingChecks,
):  # fmt: skip
    """Subclass it, fill in what ``Supplied`` names; the checks come with it and may be neither changed nor dropped."""

    __test__: ClassVar[bool] = False
    quality: ClassVar[Quality] = Quality({}, {})

    def __init_subclass__(cls, **options: Any) -> None:
        """Raises: TypeError for a check that is overridden or dropped, and for a check that does not exist."""
        super().__init_subclass__(**options)
        for name in vars(cls):
            if name in CHECKS:
                raise TypeError(f"{cls.__name__} redefines {name}; a check is marked xfail with a reason, or passes.")
        before = cls.__mro__[1]
        inherited = getattr(before, "quality", Quality({}, {}))
        stated = read_quality(cls)
        cls.quality = Quality(
            {**inherited.exempt, **stated.exempt}, {**inherited.xfail, **stated.xfail, **dict(cls.xfail)}
        )
        unknown = sorted({*cls.quality.exempt, *cls.quality.xfail} - CHECKS)
        if unknown:
            raise TypeError(f"{cls.__name__}: there is no check {unknown[0]}.")
        cls.__test__ = cls.__name__.startswith("Test")

    @classmethod
    def setup_class(cls) -> None:
        cls.bench = Bench(cls)

    @classmethod
    def teardown_class(cls) -> None:
        cls.bench.close()

    @pytest.fixture(autouse=True)
    def _as_stated(self, request: pytest.FixtureRequest) -> Iterator[None]:
        name = request.node.name
        if name in self.quality.exempt and name not in load_rules().must:
            exempt(self.quality.exempt[name])
        if name in self.quality.xfail:
            request.node.add_marker(pytest.mark.xfail(reason=self.quality.xfail[name], strict=True))
        yield
        self.bench.refresh()

    def test_every_check_is_there(self) -> None:
        own = type(self)
        for topic in TOPICS:
            for name, check in vars(topic).items():
                if name.startswith(PREFIX):
                    assert getattr(own, name, None) is check, f"{name} is not the check it should be"


CHECKS: frozenset[str] = frozenset(name for name in dir(SystemConformance) if name.startswith(PREFIX))


def read_quality(subject: type) -> Quality:
    """What stands in ``quality.toml`` beside the module of a subclass.

    Raises: TypeError for a reason that says nothing, and for a table that does not exist.
    """
    file = getattr(modules.get(subject.__module__), "__file__", None)
    path = None if file is None else Path(file).with_name(QUALITY)
    if path is None or not path.exists():
        return Quality({}, {})
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    tables.pop(TABLE, None)
    odd = sorted(tables.keys() - {"exempt", "xfail"})
    if odd:
        raise TypeError(f"{path.name}: there is no table [{odd[0]}].")
    reasons = {name: reason for table in tables.values() for name, reason in table.items()}
    mute = sorted(name for name, reason in reasons.items() if not isinstance(reason, str) or len(reason.strip()) < 15)
    if mute:
        raise TypeError(f"{path.name}: {mute[0]} needs a reason, in a sentence.")
    return Quality(tables.get("exempt", {}), tables.get("xfail", {}))
