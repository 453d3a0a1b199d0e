import requests  #: deferrable safe


class Client:
    timeout = 3

    def get(self, url):
        return requests.get(url, timeout=self.timeout)  # decides

    @staticmethod
    def head(url):
        return requests.head(url)
