"""The documentation site: what is generated from code, and how MkDocs is told of it."""
