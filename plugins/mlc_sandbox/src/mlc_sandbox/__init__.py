"""Stand-ins for vendor APIs, served over real HTTP on loopback."""
