import boto3  #: getter safe

s3: object = boto3.client("s3")  # decides


class Store:
    def get(self, key):
        return s3.get_object(Key=key)
