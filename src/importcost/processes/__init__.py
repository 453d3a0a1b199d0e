"""Start other programs: bounded, in a process group of their own, ended on every way out."""
