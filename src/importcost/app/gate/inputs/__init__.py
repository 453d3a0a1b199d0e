"""The files that a handler's figures depend on, found in the sources without running them."""
