"""An orderly end."""

import os
import signal
import subprocess
import sys

from mlc.runner.signals import stopping


def test_the_first_signal_asks_and_the_second_kills() -> None:
    with stopping() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
    code = (
        "import os, signal\nfrom mlc.runner.signals import stopping\n"
        "with stopping() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    print('asked', stop(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "asked True\n"
    assert done.returncode == -signal.SIGINT
