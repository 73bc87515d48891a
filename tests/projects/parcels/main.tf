variable "stage" {
  type = string
}

variable "sizes" {
  default = { dev = 256, prod = 1024 }
}

locals {
  name   = join("-", ["parcels", var.stage])
  common = { STAGE = var.stage, LIMIT = 20 }
}

resource "aws_dynamodb_table" "parcels" {
  name         = "${local.name}-parcels"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sqs_queue" "moved" {
  name = "${local.name}-moved"
}

module "track" {
  source     = "./modules/function"
  name       = "${local.name}-track"
  source_dir = "${path.module}/src/track"
  memory     = var.sizes[var.stage]
  environment = merge(local.common, {
    TABLE = aws_dynamodb_table.parcels.name
    QUEUE = aws_sqs_queue.moved.url
  })
}

module "label" {
  source                = "terraform-aws-modules/lambda/aws"
  version               = "~> 8.0"
  function_name         = "${local.name}-label"
  handler               = "label.handler"
  runtime               = "python3.13"
  source_path           = "./src/label"
  environment_variables = { KEY = data.aws_ssm_parameter.key.value }
}

resource "aws_lambda_function" "archived" {
  function_name = "archived"
  s3_bucket     = "artifacts"
  s3_key        = "archived.zip"
  handler       = "app.handler"
  runtime       = "python3.13"
  memory_size   = 512
  role          = aws_iam_role.archived.arn

  environment {
    variables = { MODE = "fast run" }
  }
}
