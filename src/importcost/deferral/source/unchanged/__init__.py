"""Proof that nothing changes what a module-level variable holds before it is read later."""
