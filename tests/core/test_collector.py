"""Memory is looked through after many records, not after each."""

import gc
import weakref

from mlc.collector import RECORDS, Sweep


class _Linked:
    itself: "_Linked"


def test_cycles_are_found_once_enough_records_went_by() -> None:
    linked = _Linked()
    linked.itself = linked
    left = weakref.ref(linked)
    sweep = Sweep()
    gc.disable()
    try:
        del linked
        sweep.after(RECORDS - 1)
        assert left() is not None
        sweep.after(1)
        assert left() is None
    finally:
        gc.enable()
