"""The state that a SnapStart snapshot would freeze, and what renews it."""
