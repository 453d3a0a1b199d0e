import boto3  #: no unsafe

s3 = boto3.client("s3")


def lambda_handler(event, context):
    return s3.list_buckets()


s3 = None  # decides
