"""CloudWatch Logs, where moto's differs from AWS's."""
