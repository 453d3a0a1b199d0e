"""CloudFormation templates: intrinsic functions, nested stacks, Lambda resources."""
