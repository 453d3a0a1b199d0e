"""The content of the deployed package: files by owner, and bytecode as Lambda finds it."""
