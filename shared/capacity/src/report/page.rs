//! docs/CAPACITY.md.

use std::collections::BTreeSet;

use super::needs::{beside, others, running};
use super::remedy::remedy;
use super::tables::{all_sources, bills, idles, stages, summary, trail, warming};
use super::text::{table, value};
use crate::{Evaluation, Figures, Limit};

/// The page.
#[must_use]
pub fn page(figures: &Figures, evaluations: &[Evaluation], seed: u64) -> String {
    let sections = [
        format!("{}{}", opening(figures, seed), summary(evaluations)),
        READING.to_owned(),
        format!(
            "## What the load needs\n\n{NEEDS}{}\n{RUNNING}{}\n![Invocations that run at once](capacity/concurrency.svg)\n",
            beside(figures, evaluations),
            running(figures, evaluations)
        ),
        format!("## What to do about each limit\n\n{REMEDIES}{}", remedies(evaluations)),
        format!(
            "## Each stage\n\n{STAGES}{}\n![Requests that are refused](capacity/refused.svg)\n",
            stages(evaluations)
        ),
        format!(
            "## The audit trail\n\n{TRAIL}{}\n![How long events wait](capacity/audit.svg)\n",
            trail(figures, evaluations)
        ),
        format!(
            "## Cost\n\n{COST}{}\n![The bill](capacity/cost.svg)\n\n{IDLE}{}",
            bills(evaluations),
            idles(figures, evaluations)
        ),
        format!("## Warming up\n\n{WARMING}{}", warming(figures, evaluations)),
        format!("## Other quotas\n\n{OTHERS}{}", others(figures, evaluations)),
        MODEL.to_owned(),
        format!("## Figures\n\n{FIGURES}{}", all_sources(figures)),
    ];
    sections.join("\n")
}

fn opening(figures: &Figures, seed: u64) -> String {
    let replaced: Vec<String> =
        figures.replaced().map(|(name, replaced)| format!("`{name}` = {}", value(replaced))).collect();
    let replaced = if replaced.is_empty() { String::new() } else { format!(" Replaced: {}.", replaced.join(", ")) };
    format!(
        "# Capacity\n\nWritten by `just capacity`; edit [shared/capacity](../shared/capacity/src/lib.rs) instead. Simulated, with seed {seed}: \
         nothing of this ran in AWS.{replaced}\n\nSo many verifications are opened within a minute, and attempted soon after. What gives way \
         first, how long do answers take, and what does it cost?\n\n"
    )
}

/// Those that any stage reached, in the order of a request's way.
fn remedies(evaluations: &[Evaluation]) -> String {
    let outcomes = evaluations.iter().flat_map(|evaluation| &evaluation.stages);
    let reached: BTreeSet<Limit> =
        outcomes.flat_map(|(_, outcome)| outcome.reached()).map(|(limit, _)| limit).collect();
    let rows = reached.into_iter().map(|limit| vec![capitalised(&limit.to_string()), remedy(limit).to_owned()]);
    table(&["limit", "what raises it"], 2.., rows)
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

const READING: &str = "\
- *As deployed* is the stage `production` of samconfig.toml in an account with default quotas, whose tables and cache are new. *Quotas
  raised* takes away all that AWS raises on request, and the stage's own settings. *Prepared* is that with tables and cache that were warmed
  up, and with provisioned concurrency. What is left then cannot be bought.
- A limit counts as reached if it refuses one request in a thousand, or holds the audit trail up for longer than a batch waits anyway.
- p99 is from the gateway's taking a request to the function's answer, of those that were answered; the gateway's own time and the
  internet's are not in it.
- Somebody disagrees with a figure below: `cargo run -- capacity --set wrong=0.2 --set kdf=12.0` answers with that instead, and `--out DIR`
  writes this page with it.
";

const REMEDIES: &str = "Of all limits that are reached somewhere below.\n\n";

const NEEDS: &str = "\
What the load takes in its busiest second where nothing is limited, beside what is deployed; **bold** is more than there is. A quota of
environments is one of ten requests a second for each of them, too: functions that answer within 100 ms need theirs for the rate, and not
for what runs at once. So here a function needs a tenth of its invocations a second, if that is more than run at once.

";

const RUNNING: &str = "\
Invocations that run at once, at the peak / on average in the second half of the opening. Fewer verifications are live at once than are opened,
since most users answer within seconds. If nobody answered, all of them would be, for 300 s; a table's row or a cache's value costs no
more for that.

";

const STAGES: &str = "\
Every limit that was reached, with the time of its first refusal and its share of all requests; latencies in milliseconds. Who is refused does
not come again here, so a limit hides those behind it: that is why each stage takes the limits of the one before away. Of the
logins that do not succeed where nothing is refused, the users never answered.

";

const TRAIL: &str = "\
An event is safe as soon as the queue has it; this is how long until it is in the log and its index. The queue holds events for 14 days, so
what falls behind is late, not lost.

";

const COST: &str = "\
For a million logins with all that comes with them, of the smallest size above; it hardly depends on the size. What is kept is paid for the
whole time that it is kept.

";

const IDLE: &str = "A month in which nobody comes:\n\n";

const WARMING: &str = "\
*Cold* is the stage with its quotas raised, *warm* the prepared one. The columns after that are what to ask for beforehand: `WarmThroughput` of
the tables, the cache's minimum of ECPU, and provisioned concurrency, for an hour of all functions. What was warmed up in vain costs that
hour; the tables' warm throughput has a price of its own, which is not in the bill.

";

const OTHERS: &str = "What a load took at its peak that nothing refused, and the default quota. AWS raises the messages in flight on request.\n\n";

const MODEL: &str = "\
## The model

- A discrete-event simulation ([simulation.rs](../shared/capacity/src/simulation.rs)): openings arrive independently of each other and of
  all answers; each request passes the gateway's token buckets, needs an environment of Lambda or starts one, computes, and waits for the calls
  of [ARCHITECTURE.md](ARCHITECTURE.md#what-happens-in-a-request), each of which takes from its service's bucket. A call that is throttled is made once more; a second refusal is a 503.
- Lambda has no queue. A function gets so many environments in ten seconds, and for each of them ten requests a second
  ([lambda.rs](../shared/capacity/src/lambda.rs)). We read the same of reserved environments, which AWS's page does not say in so many words.
- Environments stay until the end of the run. Their first request also fetches keys and permits.
- CPU takes its time at the function's share of a vCPU; there is one thread that computes.
- A table takes what it is used to, within each second; it does not become used to more within these minutes, and its keys are
  spread evenly. The exceptions are a tenant's counter and its hour of the audit index, for the largest tenant.
- A counter on DynamoDB lets one draw after the other through, one in the time of a write.
- The cache doubles what it takes as it is used. When it is throttled, functions switch over to DynamoDB
  ([RUNBOOK.md](RUNBOOK.md#switching-over)); here they answer 503 instead.
- Of a load that is larger than `sample`, one verification in so many is simulated, and everything that is allowed is divided by as
  much. Latencies are not; so what is said of the first second is coarse.
- Not in it: callers who come again after a 429, attacks, enrolments, revocations, limits on tenants and addresses (LIMITS.md), EMF's custom
  metrics, data transfer out, taxes, discounts.
- The tests hold the simulator to what is known in closed form: Little's law, Erlang's loss formula, what a token bucket admits, a bill by hand.
";

const FIGURES: &str = "\
Everything above is calculated from these, and from nothing else; `--set NAME=VALUE` replaces one. A unit test holds this part of the
page to the code, and the settings to template.yaml and samconfig.toml.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_figures_that_the_model_calculates_with() {
        let page = include_str!("../../../../docs/CAPACITY.md");

        let figures = page.split("\n## Figures\n").nth(1).unwrap();

        assert_eq!(format!("\n{FIGURES}{}", all_sources(&Figures::default())), figures);
    }
}
