const { Stack, Duration } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');

class ImagesStack extends Stack {
  constructor(scope, id) {
    super(scope, id);
    for (const size of [100, 200]) {
      new lambda.Function(this, `Resize${size}`, { handler: 'a.b', memorySize: 1024 });
    }
    this.crop = new lambda.DockerImageFunction(this, 'Crop', {
      code: lambda.DockerImageCode.fromImageAsset('crop'),
      'memorySize': 1024,
    });
  }
}
module.exports = { ImagesStack };
