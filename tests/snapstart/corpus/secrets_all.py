import secrets
from secrets import token_urlsafe

KEY = secrets.token_hex(16)  # hazard: secrets
NONCE = token_urlsafe()  # hazard: secrets
PICK = secrets.choice("abcdef")  # hazard: secrets
