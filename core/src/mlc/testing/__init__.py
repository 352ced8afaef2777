"""For plugin authors: numbered steps and helpers to test a connector."""
