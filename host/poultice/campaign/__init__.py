"""Seeded fault campaigns: thousands of sessions of the real device logic, each with its fault.

A run is drawn from one number alone (`scenario`), simulated (`trial`) to one row of plain values,
spread over any `concurrent.futures` executor (`spread`, `executors`), and counted up by fault class
(`summary`). `files` and `picture` write the rows down, `wording` says them.
"""
