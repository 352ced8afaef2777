"""Zoho CRM: the system ``zoho-crm``."""
