"""The layer that watches cold starts on Lambda itself; `app/layer/pack.py` packs it."""
