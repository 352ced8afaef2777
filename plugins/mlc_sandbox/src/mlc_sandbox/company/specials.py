"""Which special cases a company holds, in order of importance, with the number of bills each needs."""

from collections.abc import Callable

from mlc_sandbox.company.composer import Composer

SPECIALS: tuple[tuple[Callable[[Composer], None], int], ...] = ()
