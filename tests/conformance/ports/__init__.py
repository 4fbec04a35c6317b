"""One module for each scenario of the oracle.

Each has `main`, the scenario; DEPARTURES, {tag: reason} for lines of the oracle that
have no counterpart; and CHANGES, {tag: (text, reason)} for lines that say something
else in Python.
"""
