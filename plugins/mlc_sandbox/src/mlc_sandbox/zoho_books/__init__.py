"""Stand-in for Zoho Books: accounts server and Books API on one endpoint."""
