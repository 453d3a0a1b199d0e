import yaml  #: no unsafe


class Settings:
    def load(self):
        return yaml.safe_load("a: 1")


settings = Settings()
settings.load()  # decides
