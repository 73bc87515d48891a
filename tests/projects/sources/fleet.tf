resource "aws_lambda_function" "report" {
  handler = "report.handler"
  role = aws_iam_role.report.arn
  memory_size = 1024
  function_name = "report"
}

resource "aws_lambda_function" "shards" {
  for_each      = toset(["a", "b"])
  function_name = "shard-${each.key}"
  memory_size   = 1024
}

resource "aws_lambda_function" "tuned" {
  function_name = "tuned"
  memory_size   = 1024

  lifecycle {
    ignore_changes = [memory_size]
  }
}

resource "aws_lambda_function" "variable" {
  function_name = "variable"
  memory_size   = var.memory_size
}
