"""What a demo of each recipe does to the stand-ins, and how its outcome is judged from them alone."""

from mlc_sandbox.scenarios.judging import CaseResult

__all__ = ["CaseResult"]
