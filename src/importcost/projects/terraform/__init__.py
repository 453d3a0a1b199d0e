"""Terraform: a plan's own values first, else the configuration as far as its files tell."""
