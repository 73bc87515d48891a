# The API and its worker.
locals {
  prefix = "${var.project}-${var.stage}"
}

resource "aws_lambda_function" "api" {
  function_name = "${local.prefix}-api"
  role          = aws_iam_role.api.arn
  filename      = data.archive_file.api.output_path
  handler       = "app.handler"
  runtime       = "python3.13"
  memory_size   = 1024 # MB
  timeout       = 29

  environment {
    variables = {
      memory_size = "1024"
    }
  }

  lifecycle {
    ignore_changes = [filename]
  }
}

resource "aws_lambda_function" "worker" {
  count         = var.worker ? 1 : 0
  function_name = "${local.prefix}-worker"
  role          = aws_iam_role.worker.arn
  package_type  = "Image"
  image_uri     = "${aws_ecr_repository.worker.repository_url}:latest"
}

resource "aws_cloudwatch_log_group" "api" {
  name = "/aws/lambda/${aws_lambda_function.api.function_name}"
}
