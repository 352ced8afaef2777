"""The stand-in for Procurify."""
