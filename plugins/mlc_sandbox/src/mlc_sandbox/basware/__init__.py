"""A stand-in for Basware: the API layer in front of P2P, push notifications, data extracts, invoices of the Network."""
