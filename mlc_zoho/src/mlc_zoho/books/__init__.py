"""The system ``zoho-books``: Zoho Books API v3."""
