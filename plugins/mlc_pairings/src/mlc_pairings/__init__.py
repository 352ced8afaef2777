"""Recipes: what moves between two systems, one file per pairing."""
