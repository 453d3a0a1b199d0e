"""The call graph of the function's own files, and the occasions on which their code runs."""
