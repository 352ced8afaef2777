"""A folder of CSV files as a system: files are read from its inbox, kept in its archive, written to its outbox."""
