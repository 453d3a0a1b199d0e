import boto3  #: no unsafe

s3: object = boto3.client("s3")


def handler(event, context):
    return sorted(__annotations__), s3  # decides
