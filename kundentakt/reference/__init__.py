"""The tables of the documents that are drawn from the code.

Imports nothing: what draws the tables loads half of every service, and who wants one of them
(the command `kundentakt` asks for settings) would wait for all.
"""
