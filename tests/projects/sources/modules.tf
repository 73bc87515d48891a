module "thumbnails" {
  source  = "terraform-aws-modules/lambda/aws"
  version = "~> 8.0"

  function_name = "thumbnails"
  handler       = "index.handler"
  runtime       = "nodejs20.x"
  memory_size   = "1024"

  source_path = "../src/thumbnails"
}

module "vpc" {
  source      = "terraform-aws-modules/vpc/aws"
  memory_size = 1024
}
