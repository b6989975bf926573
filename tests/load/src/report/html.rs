//! A page with everything about a run, in one file.

use std::fmt::Write;

use crate::report::summary::AnswerCount;
use crate::report::{Summary, plot};

/// The page.
///
/// # Errors
/// Those of the plots.
pub(crate) fn page(summary: &Summary) -> anyhow::Result<String> {
    let mut page = String::from(HEAD);
    write!(page, "<title>{0}</title><h1>Load: {0}</h1>{1}", summary.scenario, figures(summary))?;
    let plots = [plot::latency_over_time(summary)?, plot::throughput_over_time(summary)?, plot::distribution(summary)?];
    plots.iter().try_for_each(|svg| write!(page, "<figure>{svg}</figure>"))?;
    write!(page, "<h2>Latencies, ms</h2>{}", latencies(summary))?;
    writeln!(page, "<h2>Answers</h2>{}</html>", answers(&summary.answers))?;
    Ok(page)
}

fn figures(summary: &Summary) -> String {
    let mut rows = vec![
        ["iterations a second".to_owned(), format!("{:.0}", summary.achieved_per_second)],
        ["requests".to_owned(), summary.requests.to_string()],
        ["error rate".to_owned(), format!("{:.4} %", 100.0 * summary.error_rate)],
        ["seconds".to_owned(), format!("{:.1}", summary.seconds)],
        ["connections".to_owned(), summary.connections.to_string()],
        ["most at once".to_owned(), summary.most_in_flight.to_string()],
    ];
    let intended = summary.intended_per_second.map_or("closed loop".to_owned(), |rate| format!("{rate:.0}"));
    rows.insert(1, ["of them intended".to_owned(), intended]);
    let cpu = summary.cpu_us_per_request.iter();
    rows.extend(cpu.map(|(name, us)| [format!("CPU of {name}, µs a request"), format!("{us:.1}")]));
    table(&rows)
}

fn latencies(summary: &Summary) -> String {
    let head = ["", "count", "mean", "p50", "p95", "p99", "p99.9", "longest"].map(str::to_owned);
    let all = [("iteration", &summary.latency), ("sent late by", &summary.lag)];
    let all = all.into_iter().chain(summary.steps.iter().map(|(name, of)| (name.as_str(), of)));
    let rows = all.map(|(name, of)| {
        let [mean, p50, p95, p99, p999, max] =
            [of.mean_ms, of.p50_ms, of.p95_ms, of.p99_ms, of.p999_ms, of.max_ms].map(|ms| format!("{ms:.2}"));
        [name.to_owned(), of.count.to_string(), mean, p50, p95, p99, p999, max]
    });
    table(&[head].into_iter().chain(rows).collect::<Vec<_>>())
}

fn answers(answers: &[AnswerCount]) -> String {
    let head = ["asked", "status", "", "expected", "unexpected"].map(str::to_owned);
    let rows = answers.iter().map(|answer| {
        let status = answer.status.map_or("none".to_owned(), |status| status.to_string());
        let [expected, unexpected] = [answer.expected, answer.unexpected].map(|count| count.to_string());
        [answer.step.name().to_owned(), status, answer.detail.to_string(), expected, unexpected]
    });
    table(&[head].into_iter().chain(rows).collect::<Vec<_>>())
}

fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let cell = |text: &String| format!("<td>{}</td>", escaped(text));
    let row = |cells: &[String; N]| format!("<tr>{}</tr>", cells.iter().map(cell).collect::<String>());
    format!("<table>{}</table>", rows.iter().map(row).collect::<String>())
}

/// A problem's type is what the target says.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const HEAD: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8">
<style>
body { font: 15px sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em }
td { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }
td:first-child { text-align: left }
figure { margin: 1em 0 }
</style>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::summary;

    #[test]
    fn the_page_has_every_answer_and_asks_nobody_for_anything() {
        let page = page(&summary()).unwrap();

        assert_eq!(page.matches("<svg ").count(), 3);
        assert!(page.contains("<td>no answer in time</td><td>0</td><td>10</td>"), "{page}");
        assert!(page.contains("<td>CPU of host, µs a request</td><td>50.0</td>"), "{page}");
        assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn what_a_target_says_is_text() {
        let row = ["<script>&".to_owned()];

        assert_eq!(table(&[row]), "<table><tr><td>&lt;script>&amp;</td></tr></table>");
    }
}
