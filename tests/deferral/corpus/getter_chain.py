import os  #: getter safe
import boto3  #: getter safe

dynamodb = boto3.resource("dynamodb", region_name=os.environ["REGION"])  # decides
table = dynamodb.Table(os.environ["TABLE"])


def lambda_handler(event, context):
    return table.get_item(Key=event)
