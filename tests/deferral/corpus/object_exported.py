import boto3  #: no unsafe

__all__ = ["s3"]  # decides
s3 = boto3.client("s3")


def lambda_handler(event, context):
    return s3
