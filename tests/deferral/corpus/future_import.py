from __future__ import annotations  #: no@self unsafe
