"""What was done: the store of sessions, what is written out of it, trends and reports."""
