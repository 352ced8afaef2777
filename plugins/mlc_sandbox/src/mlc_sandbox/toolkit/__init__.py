"""What every stand-in is built from: HTTP server, routing, stored objects, log, faults, clock, control calls."""
