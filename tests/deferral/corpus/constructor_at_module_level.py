import yaml  #: no unsafe


class Settings:
    def __init__(self):
        self.values = yaml.safe_load("a: 1")


SETTINGS = Settings()
print(SETTINGS)  # decides
