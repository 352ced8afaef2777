"""``python -m mlc_sandbox SYSTEM ...``: the same as ``mlc sandbox serve SYSTEM ...``."""

from mlc_sandbox.cli import serve

if __name__ == "__main__":
    serve(prog_name="python -m mlc_sandbox")
