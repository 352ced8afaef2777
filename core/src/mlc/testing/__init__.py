"""For plugin authors: conformance checks, connections for tests, a tiny service. Names load on first use.

``SystemConformance`` needs pytest; nothing else here does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlc.testing.conformance import SystemConformance
    from mlc.testing.connecting import MemoryTokens, open_test_connection
    from mlc.testing.receiver import receiving
    from mlc.testing.samples import Sample, load_samples
    from mlc.testing.service import Service, service_delivery
    from mlc.testing.tap import Call, Fault, Tap, Trouble
    from mlc.testing.vendor import Vendor

_HOMES = {
    "SystemConformance": "mlc.testing.conformance",
    "MemoryTokens": "mlc.testing.connecting",
    "open_test_connection": "mlc.testing.connecting",
    "receiving": "mlc.testing.receiver",
    "Sample": "mlc.testing.samples",
    "load_samples": "mlc.testing.samples",
    "Service": "mlc.testing.service",
    "service_delivery": "mlc.testing.service",
    "Call": "mlc.testing.tap",
    "Fault": "mlc.testing.tap",
    "Tap": "mlc.testing.tap",
    "Trouble": "mlc.testing.tap",
    "Vendor": "mlc.testing.vendor",
}

__all__ = [
    "Call",
    "Fault",
    "MemoryTokens",
    "Sample",
    "Service",
    "SystemConformance",
    "Tap",
    "Trouble",
    "Vendor",
    "load_samples",
    "open_test_connection",
    "receiving",
    "service_delivery",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mlc.testing' has no attribute {name!r}")
    return getattr(import_module(home), name)
