from datetime import date, datetime, timezone

STARTED = datetime.now(timezone.utc)  # hazard: clock
TODAY = date.today()  # hazard: clock
EPOCH = datetime(1970, 1, 1)
