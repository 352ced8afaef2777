"""What the stand-ins of Zoho's products share: the accounts server, its tokens, the data centres."""
