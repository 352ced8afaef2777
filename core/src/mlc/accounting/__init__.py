"""What is right: how a document is shaped, whether it is there already, and what is to happen with it.

Pure: no database, no vendor, no clock. ``decide`` is the brain of the program; everything here is tested as a table
and with
hypothesis, and the engine only carries out what it says.
"""
