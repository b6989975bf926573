//! What was measured of this code.

use super::{Group, figures};
use crate::Figure;
use crate::figure::Source::{Derived, Measured, Repository};

figures! {
    "Measured service times",
    "On the machine that PERFORMANCE.md names. A vCPU of Lambda is taken to be as fast as one of its cores; calls there go over TLS, \
     and here they did not.";

    STARTING "starting" = 5.7 "ms", Measured("Functions before their first request: the slowest of these functions");
    ARGON2ID "argon2id" = 22.1 "ms of CPU", Measured("Key derivations");
    PBKDF2_100K "pbkdf2-sha256-100000" = 12.0 "ms of CPU", Measured("Key derivations");
    PBKDF2_600K "pbkdf2-sha256-600000" = 60.0 "ms of CPU", Measured("Key derivations");
    KDF "kdf" = 22.1 "ms of CPU", Repository("template.yaml, Kdf: argon2id by default; --set kdf=12.0 for pbkdf2-sha256-100000");
    OWN_CPU "own-cpu" = 92.0 "µs of CPU/request", Measured("Verify beyond the derivation, ports in memory; taken for every function");
    SDK_CPU "sdk-cpu" = 78.0 "µs of CPU/call", Derived("PERFORMANCE.md, Verify beyond the derivation: (403 - 92) µs for 4 calls of the SDK");
    CACHE_CPU "cache-cpu" = 16.0 "µs of CPU/call", Measured("Admission, Redis, the default limits, 1 at once: the client's");
    SCRIPT_UNITS "script-units" = 2.2 "ECPU/script", Derived("PERFORMANCE.md, Admission: 20 µs of Redis for a decision, 9 µs for a bare SET; a SET of up to 1 KB is 1 ECPU");
    WRITER_CPU "writer-cpu" = 48.0 "µs of CPU/event", Measured("Audit: the writer's thread, requests and answers included");
    EVENT_BYTES "event-bytes" = 407.0 "bytes", Measured("Audit");
    BATCH_EVENTS "batch-events" = 5_000.0 "events", Measured("Audit: about as many as fit into an invocation (6 MB)");
    RECONCILE_CPU "reconcile-cpu" = 326.0 "µs of CPU/message", Derived("own-cpu, and sdk-cpu for find verification, find account, recognise");
}
