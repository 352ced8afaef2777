"""The recipe of both."""


def quay_tidewater() -> str:
    return RECIPE


RECIPE = """
name = "quay+tidewater"
title = "Quay Desk partners into Tidewater Books"
left = "quay"
right = "tidewater"

[[flows]]
name = "suppliers"
object = "vendor"
from = "left"

[flows.owners]
name = "once"
currency = "once"
website = "left"
status = "hold"
"""
