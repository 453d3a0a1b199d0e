"""`check --since`: the handlers whose code, packages, layers or settings changed since a commit."""
