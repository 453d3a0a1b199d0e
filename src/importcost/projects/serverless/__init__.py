"""Services of the Serverless Framework and of osls: what they packaged, else serverless.yml."""
