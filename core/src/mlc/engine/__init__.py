"""What happens to a record: intake, planning, dispatch, settling, holds, sweep, reconcile. What is right is in
``mlc.accounting``."""
