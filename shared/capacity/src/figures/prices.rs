//! List prices.

use super::{Group, figures};
use crate::Figure;
use crate::figure::Source::{Assumed, Page, Quoted, Recalled};

const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";
const LAMBDA_QUOTED: &str = "https://cloudchipr.com/blog/aws-lambda-pricing";
const DYNAMODB: &str = "https://aws.amazon.com/dynamodb/pricing/on-demand/";
const DYNAMODB_QUOTED: &str = "https://airbyte.com/data-engineering-resources/dynamodb-pricing";
const CACHE: &str = "https://aws.amazon.com/elasticache/pricing/";
const CACHE_QUOTED: &str = "https://www.usage.ai/blogs/aws/database-savings-plans/elasticache/serverless-pricing/";
const GATEWAY: &str = "https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html";
const SQS: &str = "https://aws.amazon.com/sqs/pricing/";
const SQS_QUOTED: &str = "https://cloudburn.io/blog/amazon-sqs-pricing";
const KMS: &str = "https://aws.amazon.com/kms/pricing/";
const KMS_QUOTED: &str = "https://www.factualminds.com/blog/aws-kms-pricing-keys-requests-multi-region/";
const LOGS: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const LOGS_QUOTED: &str = "https://hykell.com/kb/platform-specific-guides/aws-cloudwatch-logs-pricing";
const LINK: &str = "https://aws.amazon.com/privatelink/pricing/";
const LINK_QUOTED: &str = "https://awsnegotiations.com/privatelink-cost-analysis.html";
const S3: &str = "https://aws.amazon.com/s3/pricing/";
const S3_QUOTED: &str =
    "https://www.cloudkaramchari.com/blog/understanding-per-1000-put-copy-post-or-list-requests-in-amazon-s3-pricing/";

figures! {
    "Prices",
    "List prices of us-east-1, first tier, without free tiers and savings plans. AWS's price pages fill in their figures by a script, so most \
     were read on pages that quote them.";

    LAMBDA_REQUESTS "price-invocations" = 0.20 "$/million", Quoted(LAMBDA, LAMBDA_QUOTED);
    LAMBDA_DURATION "price-duration" = 0.000_013_333_4 "$/GB-s, arm64", Quoted(LAMBDA, LAMBDA_QUOTED);
    PROVISIONED "price-provisioned" = 0.000_003_333_4 "$/GB-s, arm64", Recalled("AWS Lambda pricing, Provisioned Concurrency");
    HTTP_API "price-http-api" = 1.00 "$/million", Page(GATEWAY);
    WRITES "price-writes" = 0.625 "$/million units", Quoted(DYNAMODB, DYNAMODB_QUOTED);
    READS "price-reads" = 0.125 "$/million units", Quoted(DYNAMODB, DYNAMODB_QUOTED);
    TABLE_STORAGE "price-table-storage" = 0.25 "$/GB-month", Recalled("Amazon DynamoDB pricing, Data Storage");
    TABLE_RECOVERY "price-recovery" = 0.20 "$/GB-month", Recalled("Amazon DynamoDB pricing, Continuous backups (PITR)");
    ITEM_OVERHEAD "item-overhead" = 100.0 "bytes/item", Recalled("DynamoDB item sizes and formats: 100 bytes are added for storage");
    CACHE_STORAGE "price-cache-storage" = 0.084 "$/GB-hour", Quoted(CACHE, CACHE_QUOTED);
    CACHE_REQUESTS "price-cache-units" = 0.0023 "$/million ECPU", Quoted(CACHE, CACHE_QUOTED);
    CACHE_MINIMUM "cache-minimum" = 0.1 "GB", Quoted(CACHE, CACHE_QUOTED);
    QUEUE "price-queue" = 0.40 "$/million requests", Quoted(SQS, SQS_QUOTED);
    QUEUE_BATCH "queue-batch" = 10.0 "messages/request", Page("https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html");
    KMS_REQUESTS "price-kms" = 0.03 "$/10,000", Quoted(KMS, KMS_QUOTED);
    KMS_SIGNATURES "price-signatures" = 0.15 "$/10,000", Quoted(KMS, KMS_QUOTED);
    KMS_KEYS "price-keys" = 1.00 "$/key and month", Page(KMS);
    LOGS_INGESTED "price-logs" = 0.50 "$/GB", Quoted(LOGS, LOGS_QUOTED);
    LOG_BYTES "log-bytes" = 1_200.0 "bytes/invocation", Assumed("Lambda's two platform lines and one metrics line (LOGGING.md)");
    ACCESS_LOG_BYTES "access-log-bytes" = 450.0 "bytes/request", Assumed("the gateway's access line in template.yaml, filled in");
    TRACES "price-traces" = 5.00 "$/million", Recalled("AWS X-Ray pricing, traces recorded");
    TRACED "traced" = 0.05 "of requests", Recalled("AWS X-Ray sampling rules: the default rule");
    OBJECT_PUTS "price-puts" = 0.005 "$/1,000", Quoted(S3, S3_QUOTED);
    OBJECT_STORAGE "price-object-storage" = 0.023 "$/GB-month", Recalled("Amazon S3 pricing, S3 Standard");
    ENDPOINT_HOURS "price-endpoints" = 0.01 "$/hour and zone", Quoted(LINK, LINK_QUOTED);
    ENDPOINT_DATA "price-endpoint-data" = 0.01 "$/GB", Quoted(LINK, LINK_QUOTED);
    ALARM "price-alarms" = 0.10 "$/alarm and month", Recalled("Amazon CloudWatch pricing, Alarms");
    MONTH_HOURS "month-hours" = 730.0 "hours", Assumed("an average month");
}
