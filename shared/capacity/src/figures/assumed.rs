//! What callers do, and how long services take: nobody's figures.

use super::{Group, figures};
use crate::Figure;
use crate::figure::Source::{Assumed, Page, Recalled, Repository};

const SINGLE_DIGIT: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html";
const SUB_MILLISECOND: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling.html";
const UNDER_100: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html";

figures! {
    "Assumptions: the callers, and how long services take",
    "The first to disagree with. Where a page is named, it says the order of magnitude (\"single-digit milliseconds\", \
     \"sub-millisecond\"), and the two percentiles are our reading of it.";

    SAMPLE "sample" = 100_000.0 "verifications", Assumed("of a larger load one in so many is simulated, and everything that is allowed is divided by as much");
    OPENING_SECONDS "opening-seconds" = 60.0 "s", Repository("issue: \"100,000 verifications opened within 60 s\"");
    STATUS_QUESTIONS "status-questions" = 1.0 "per verification", Repository("LIMITS.md, Why these defaults");
    STATUS_DELAY "status-delay" = 5.0 "s, mean", Assumed("a merchant's page asks soon after it has opened a verification");
    ABANDONED "abandoned" = 0.10 "of verifications", Assumed("the user never answers; it stays live for all of its 300 s");
    WRONG "wrong" = 0.05 "of attempts", Assumed("a mistyped factor; the user tries again, up to 3 times");
    THINKING_P50 "thinking-p50" = 8.0 "s", Assumed("from the opening to the attempt, and between attempts");
    THINKING_P99 "thinking-p99" = 60.0 "s", Assumed("as above");
    BY_DEVICE "attempts-by-device" = 0.5 "of attempts", Assumed("sent under a capability, which the gateway has not seen: one authorizer call each");
    INTROSPECTED "introspected" = 0.5 "of successes", Assumed("tokens can be checked offline");
    INTROSPECTION_DELAY "introspection-delay" = 2.0 "s, mean", Assumed("the payment follows the login");
    LARGEST_TENANT "largest-tenant" = 0.2 "of requests", Assumed("one merchant's counters and hours of the audit index take this share");
    PEAK_BEFORE "peak-before" = 0.0 "units/s", Assumed("what each table took at its peak before the load: a new stage took nothing");
    HEADROOM "headroom" = 1.1 "times the peak", Assumed("provisioned concurrency, where there is any");
    ENROLLMENT_HITS "enrollment-hits" = 0.0 "of initiations", Assumed("with valkey: a user comes once in the 60 s that a copy is kept");
    START_P50 "start-p50" = 100.0 "ms", Page(UNDER_100);
    START_P99 "start-p99" = 300.0 "ms", Assumed("the page says from under 100 ms to over 1 s; a 5 MB binary without a runtime is at the lower end");
    TABLE_P50 "table-p50" = 4.0 "ms", Page(SINGLE_DIGIT);
    TABLE_P99 "table-p99" = 10.0 "ms", Page(SINGLE_DIGIT);
    TRANSACTION_P50 "transaction-p50" = 8.0 "ms", Assumed("two phases, each as long as a write");
    TRANSACTION_P99 "transaction-p99" = 20.0 "ms", Assumed("as above");
    BATCH_P50 "batch-p50" = 8.0 "ms", Assumed("a batch is as slow as the slowest of its items");
    CACHE_P50 "cache-p50" = 0.6 "ms", Page(SUB_MILLISECOND);
    CACHE_P99 "cache-p99" = 3.0 "ms", Assumed("TLS and another zone included");
    QUEUE_P50 "queue-p50" = 10.0 "ms", Recalled("Amazon SQS FAQs (\"tens of milliseconds\")");
    QUEUE_P99 "queue-p99" = 50.0 "ms", Recalled("Amazon SQS FAQs");
    KMS_P50 "kms-p50" = 10.0 "ms", Assumed("no figure is published");
    KMS_P99 "kms-p99" = 50.0 "ms", Assumed("no figure is published");
    OBJECT_P50 "object-p50" = 100.0 "ms", Recalled("S3 performance guidelines (\"roughly 100-200 milliseconds\")");
}
