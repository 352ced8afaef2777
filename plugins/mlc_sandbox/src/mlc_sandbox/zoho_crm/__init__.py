"""Stand-in for Zoho CRM v8: accounts server and CRM API on one endpoint."""
