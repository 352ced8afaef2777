"""The description, and settings that are refused with a sentence."""

from typing import Any

import pytest
from mlc import (
    Probe,
    Strategy,
)
from mlc.records import (
    ObjectType,
    SourceMeta,
)
from mlc_procurify.settings import ProcurifySettings
from pydantic import ValidationError

from mlc_procurify import plugin

BILL = "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
PROBE = Probe(extra={"currency:CAD": "3"})
SOURCE = SourceMeta(system="books", source_id="900")


def test_the_description_fits_what_is_implemented() -> None:
    system = plugin.mlc_describe()
    assert (system.name, system.concurrency) == ("procurify", 1)
    vendors = system.support(ObjectType.VENDOR)
    assert vendors is not None
    assert (vendors.strategy, vendors.has_change_filter) == (Strategy.SEARCH, False)
    settings = ProcurifySettings(subdomain="northwind", attachment_hosts=("files.example.com",))
    assert system.hosts(settings) == ("northwind.procurify.com", "files.example.com")


@pytest.mark.parametrize("subdomain", ["Acme", "acme.procurify.com", "https://acme", "a/b", "", "acme\n", "-acme"])
def test_a_wrong_subdomain_gets_a_sentence(subdomain: str) -> None:
    with pytest.raises(ValidationError, match="only the part before"):
        ProcurifySettings(subdomain=subdomain)


@pytest.mark.parametrize(
    "settings",
    [
        {"time_zone": "Mars/Base"},
        {"attachment_hosts": ["https://files.example.com/x"]},
        {"vendor_type": 5},
        {"bill_types": []},
        {"bill_link": "https://x/{nope}"},
        {"page_size": 0},
        {"surprise": 1},
    ],
)
def test_other_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProcurifySettings(**{"subdomain": "northwind", **settings})
