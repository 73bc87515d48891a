import * as cdk from "aws-cdk-lib";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { Construct } from "constructs";

const shared = { runtime: lambda.Runtime.NODEJS_20_X, memorySize: 512 };

export class ShopStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    // Renders PDFs: memorySize: 1024 was measured in March.
    new lambda.Function(this, "Invoices", {
      ...shared,
      code: lambda.Code.fromAsset("dist/invoices"),
      handler: "index.handler",
      memorySize: 1_024, // MB
      timeout: cdk.Duration.seconds(30),
    });

    new NodejsFunction(this, `Mail`, {
      entry: "src/mail.ts",
      functionName: `${id}-mail`,
    });

    new NodejsFunction(this, "Search", { entry: "src/search.ts" });
    new NodejsFunction(this, "Stock", { ...shared, entry: "src/stock.ts" });
    new NodejsFunction(this, "Prices", { entry: "src/prices.ts", memorySize: 1024, ...shared });
    new NodejsFunction(this, "Props", props as any);

    new cloudfront.Function(this, "Rewrite", {
      code: cloudfront.FunctionCode.fromInline("function handler(event) { return event.request; }"),
    });
  }
}
