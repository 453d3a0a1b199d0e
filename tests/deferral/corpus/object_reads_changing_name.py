import boto3  #: no unsafe

region = "eu-west-1"
s3 = boto3.client("s3", region_name=region)  # decides
region = "us-east-1"


def lambda_handler(event, context):
    return s3
