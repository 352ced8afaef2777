"""What listens: webhooks, health, metrics. Needs the extra ``serve``."""
