"""Two stand-ins, a pairing between them and the people who work in both: what the tests of the rules stand on."""
