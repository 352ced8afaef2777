"""Python's collector of cycles, told to look less often, but at everything now and then."""

import gc

#: Allocations beyond releases before the young are looked at, and how many such looks before older ones are.
EVERY = (50_000, 20, 20)
#: So many records are read or decided between two looks at everything.
RECORDS = 5_000


def collect_rarely() -> None:
    """For a process that is ours: records come and go without cycles, and Python's defaults looked for some after every
    700, which was a twelfth of a run's CPU and of starting."""
    gc.set_threshold(*EVERY)


class Sweep:
    """A look at everything after many records. It finds few cycles, but gives back what Python keeps of what was
    released, for later: that lay scattered over 7 MB after 20,000 records."""

    def __init__(self) -> None:
        self._since = 0

    def after(self, records: int) -> None:
        """So many more were read or decided."""
        self._since += records
        if self._since >= RECORDS:
            self._since = 0
            gc.collect()
