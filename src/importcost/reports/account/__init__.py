"""An account's survey as a terminal table and as exports."""
