"""What the seam to HTTP brings into every process."""

import subprocess
import sys


def test_no_library_for_terminals_is_loaded_for_http() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, mlc.http; print(*{'rich', 'click', 'pygments'} & sys.modules.keys())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == []


def test_httpx_loaded_by_others_before_stays_as_it_is() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import httpx, sys, mlc.http; print(sys.modules['httpx._main'].__name__, httpx.main)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("httpx._main ")
