# The one door to the tools: people and .ci/run call the same recipes. `tests/tools/install` brings what they need.

tools := absolute_path(env("CARGO_TARGET_DIR", "target")) / "tools"

export PATH := tools / "python/bin" + ":" + tools / "cargo/bin" + ":" + env("PATH")

# Where the DynamoDB Local of the adapter tests is: a folder with DynamoDBLocal.jar and DynamoDBLocal_lib.
export COUNTERSIGN_DYNAMODB_LOCAL := env("COUNTERSIGN_DYNAMODB_LOCAL", tools / "dynamodb-local")

# List the recipes.
default:
    @just --list

# Install the tools that the other recipes use.
tools:
    tests/tools/install

# Format everything.
fmt:
    cargo fmt --all

# Fail on anything that is not formatted.
fmt-check:
    cargo fmt --all -- --check

# Clippy on every target of every crate; a warning is an error.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the API documentation; a broken link is an error.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

# Unit tests, flows, contracts, adapters and simulation.
test *arguments:
    cargo nextest run --workspace --locked {{ arguments }}

# Journeys through several functions in one process.
flows *arguments:
    cargo nextest run --locked --workspace --test flows {{ arguments }}

# What code, template, docs and events say about each other.
contracts *arguments:
    cargo nextest run --locked --workspace --test contracts {{ arguments }}

# The conformance suite on embedded DynamoDB and DynamoDB Local.
adapters *arguments:
    cargo nextest run --locked --workspace --test adapters {{ arguments }}

# Lists of operations with faults, against a model and the invariants; `just simulation 100000` draws so many.
simulation seeds="10000" *arguments:
    COUNTERSIGN_SIMULATION_SEEDS={{ seeds }} cargo nextest run --locked --workspace --test simulation {{ arguments }}

# What openapi.yaml allows and forbids, sent to the local host, and the answers held to it.
schemathesis *arguments:
    python tests/schemathesis/run.py {{ arguments }}

# Licences, bans and sources of the dependencies (needs cargo-deny: `cargo install cargo-deny --locked`).
deny:
    cargo deny --offline check bans licenses sources

# Check the SAM template.
validate:
    SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 sam validate --lint

# Build every function for one architecture, arm64 or x86_64.
build architecture="arm64":
    SAM_CLI_TELEMETRY=0 sam build --parameter-overrides Architecture={{ architecture }}

# Update one function of a deployed stack, for example `just deploy-function verify countersign-dev`.
deploy-function binary stack architecture="arm64":
    cargo lambda build --release --locked --{{ replace(architecture, "_", "-") }} --bin {{ binary }}
    cargo lambda deploy --binary-name {{ binary }} {{ stack }}-{{ binary }}

# The journey through a stack deployed to MiniStack, and through `cargo lambda watch`.
deployed *arguments:
    python tests/deployed/run.py {{ arguments }}

# Measure what functions cost and write docs/PERFORMANCE.md; `just build x86_64` (or arm64, as the machine is) comes first.
performance:
    python tests/performance/run.py

# Compare the instructions of a request on each path with the baseline; `--write` makes a new one, `--profile PATH` shows where they are.
instructions *arguments:
    python tests/instructions/run.py {{ arguments }}

# Compare an admission decision on each backend with a bare round trip, and write it into docs/PERFORMANCE.md.
admission:
    python tests/performance/admission.py

# Measure what the audit trail costs, and write it into docs/PERFORMANCE.md.
audit:
    python tests/performance/audit.py

# Load a release host on either backend and write the figures into docs/PERFORMANCE.md; `initiate`, `open`, `live` … measure only these.
load *arguments:
    python tests/performance/load.py {{ arguments }}

# Measure what a stalled cache costs, and write it into docs/PERFORMANCE.md.
switching:
    python tests/performance/switching.py

# Simulate what a deployed stage holds and what that costs, and write docs/CAPACITY.md with its plots.
capacity *arguments:
    cargo run --locked --quiet -- capacity --out docs {{ arguments }}

# Run every fault under load (cache, DynamoDB, queue, KMS, processes, clocks), and write what it costs into docs/PERFORMANCE.md.
faults *arguments:
    python tests/faults/run.py {{ arguments }}

# Everything, as CI runs it.
ci:
    tests/run
