import boto3  #: getter safe

s3 = boto3.client("s3")  # decides


def lambda_handler(event, context):
    return s3.list_buckets()
