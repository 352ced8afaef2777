"""Python's collector of cycles, told to look less often."""

import gc

#: Allocations beyond releases before the young are looked at, and how many such looks before older ones are.
EVERY = (50_000, 20, 20)


def collect_rarely() -> None:
    """For a process that is ours: records come and go without cycles, and Python's defaults looked for some after every
    700, which was a twelfth of a run's CPU and of starting."""
    gc.set_threshold(*EVERY)
