"""Reconcile: both registers compared, control totals to the cent, every difference explained or named (R42)."""

from mlc.engine.reconcile.comparison import reconcile
from mlc.engine.reconcile.findings import Bucket, Finding, Kind, Reconciliation, Total
from mlc.engine.reconcile.page import write_html
from mlc.engine.reconcile.sheet import write_csv

__all__ = ["Bucket", "Finding", "Kind", "Reconciliation", "Total", "reconcile", "write_csv", "write_html"]
