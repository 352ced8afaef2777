"""What a demo of each recipe does to the stand-ins, and how its outcome is judged from them alone."""

from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

__all__ = ["CaseResult", "Change", "Record"]
