//! What AWS allows, before anybody asks for more.

use super::{Group, figures};
use crate::Figure;
use crate::figure::Source::{Derived, Page, Recalled};

const CONCURRENCY: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html";
const SCALING: &str = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html";
const MEMORY_PAGE: &str = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html";
const GATEWAY: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const ON_DEMAND: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html";
const WARM: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html";
const PREWARM: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pre-warming-on-demand-capacity-mode.html";
const CACHE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling.html";
const SQS: &str = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html";
const KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html";
const POLLING: &str = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";

figures! {
    "Quotas of AWS",
    "Defaults of us-east-1 and eu-west-1. Of these AWS raises on request: the gateway's rate, Lambda's concurrency (and its rate with it), \
     the tables' 40,000, SQS's messages in flight, KMS's rates. It does not raise how fast a function grows, and what a partition takes.";

    GATEWAY_RATE "gateway-rate" = 10_000.0 "requests/s", Page(GATEWAY);
    GATEWAY_BURST "gateway-burst" = 5_000.0 "requests", Page(GATEWAY);
    LAMBDA_CONCURRENCY "lambda-concurrency" = 1_000.0 "environments", Page(CONCURRENCY);
    LAMBDA_RAISED "lambda-raised" = 50_000.0 "environments", Derived("gettingstarted-limits.html says \"tens of thousands\"; this is our reading of it");
    LAMBDA_RATE "lambda-rate" = 10.0 "requests/s per environment of a quota", Page(CONCURRENCY);
    RESERVED_RATE "reserved-rate" = 10.0 "requests/s per reserved environment", Derived("the page above says \"all quotas in Lambda that involve concurrency\" and does not name reserved ones: our reading");
    LAMBDA_GROWTH "lambda-growth" = 1_000.0 "environments, per function", Page(SCALING);
    GROWTH_SECONDS "growth-seconds" = 10.0 "s", Page(SCALING);
    VCPU_MEMORY "vcpu-memory" = 1_769.0 "MB", Page(MEMORY_PAGE);
    TABLE_QUOTA "table-quota" = 40_000.0 "units/s, reads and writes each", Page(ON_DEMAND);
    WARM_WRITES "warm-writes" = 4_000.0 "units/s", Page(WARM);
    WARM_READS "warm-reads" = 12_000.0 "units/s", Page(WARM);
    WARM_GROWTH "warm-growth" = 2.0 "times the peak before, within 30 minutes", Page(PREWARM);
    PARTITION_WRITES "partition-writes" = 1_000.0 "units/s", Page(WARM);
    CACHE_UNITS "cache-units" = 30_000.0 "ECPU/s", Page(CACHE);
    CACHE_DOUBLING "cache-doubling" = 150.0 "s", Derived("the page above: Valkey 8 doubles every 2-3 minutes (others every 10-12)");
    IN_FLIGHT "in-flight" = 120_000.0 "messages", Page(SQS);
    KMS_SYMMETRIC "kms-symmetric" = 100_000.0 "requests/s", Page(KMS);
    KMS_ECC "kms-ecc" = 1_000.0 "requests/s", Page(KMS);
    OBJECT_RATE "object-rate" = 3_500.0 "PUT/s per prefix", Recalled("S3 performance guidelines; each shard has a prefix of its own");
    POLLERS "pollers" = 5.0 "pollers/queue", Page(POLLING);
    POLL_SECONDS "poll-seconds" = 20.0 "s", Page(SQS);
}
