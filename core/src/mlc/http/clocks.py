"""The clock of deadlines, as a function: it goes on while the machine sleeps, and nobody can set it."""

from mlc.clock import Clock

#: Seconds since boot (R3).
boottime = Clock().boottime
