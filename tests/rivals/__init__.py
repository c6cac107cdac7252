"""Controllers that follow the published rules of others, on our plants and under our faults.

Written from `docs/design/facts.md` 4a to 4c: every rule carries its source and how sure it is
(`rules`), every choice we had to make for a rival is the kindest sensible one and is stated.
`python -m tests.rivals` runs the comparison that `docs/safety/against-the-others.md` shows.
"""
