"""What happens to a record: intake, decide (pure), references, deliver, settle, holds, limits, reconcile."""
