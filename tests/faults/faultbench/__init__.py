"""Stand-ins, a pairing and a judge for tests that break things: processes that die, vendors that answer badly."""
