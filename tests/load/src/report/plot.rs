//! Plots, as SVG whose text is text: whoever shows it has the fonts.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::{
    ChartBuilder, IntoDrawingArea, IntoLogRange, LineSeries, PathElement, RGBColor, Ranged, SVGBackend, WHITE,
};
use plotters::style::{BLACK, Color};

use crate::measure::float;
use crate::report::Summary;
use crate::report::summary::SecondSummary;

/// Percentiles of the latency, second by second.
///
/// # Errors
/// That the library refuses to draw.
pub(crate) fn latency_over_time(summary: &Summary) -> anyhow::Result<String> {
    let percentile = |of: fn(&SecondSummary) -> f64| {
        let ended = summary.by_second.iter().zip(0_u32..).filter(|(second, _)| second.ended > 0);
        ended.map(|(second, at)| (f64::from(at), of(second))).collect()
    };
    let series = vec![
        ("p50", percentile(|second| second.p50_ms)),
        ("p95", percentile(|second| second.p95_ms)),
        ("p99", percentile(|second| second.p99_ms)),
        ("longest", percentile(|second| second.max_ms)),
    ];
    let plot = Plot { title: "Latency over time", across: "seconds", up: "ms", series, label: short };
    let up = plot.logarithmic();
    plot.draw(up.log_scale())
}

/// Iterations that ended, and those that were not as expected, second by second.
///
/// # Errors
/// That the library refuses to draw.
pub(crate) fn throughput_over_time(summary: &Summary) -> anyhow::Result<String> {
    let count = |of: fn(&SecondSummary) -> u64| {
        // The last second is seldom a whole one.
        let whole = summary.by_second.len().saturating_sub(1).max(1);
        let seconds = summary.by_second.iter().zip(0_u32..).take(whole);
        seconds.map(|(second, at)| (f64::from(at), float(of(second)))).collect()
    };
    let series = vec![("ended", count(|second| second.ended)), ("unexpected", count(|second| second.unexpected))];
    let plot = Plot { title: "Throughput over time", across: "seconds", up: "in a second", series, label: short };
    let up = plot.linear();
    plot.draw(up)
}

/// The latency that a share does not exceed; across is how many nines the share has.
///
/// # Errors
/// That the library refuses to draw.
pub(crate) fn distribution(summary: &Summary) -> anyhow::Result<String> {
    let below_one = summary.distribution.iter().filter(|(share, _)| *share < 1.0);
    let points = below_one.map(|(share, ms)| (-(1.0 - share).log10(), *ms)).collect();
    let series = vec![("latency", points)];
    let plot = Plot { title: "Latency by percentile", across: "do not exceed it", up: "ms", series, label: nines };
    let up = plot.logarithmic();
    plot.draw(up.log_scale())
}

/// One picture.
struct Plot {
    title: &'static str,
    across: &'static str,
    up: &'static str,
    series: Vec<(&'static str, Vec<(f64, f64)>)>,
    /// How values across are written.
    label: fn(&f64) -> String,
}

impl Plot {
    fn draw<Y>(self, up: Y) -> anyhow::Result<String>
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(self.across(), up)?;
        chart
            .configure_mesh()
            .max_light_lines(0)
            .x_desc(self.across)
            .y_desc(self.up)
            .x_label_formatter(&self.label)
            .y_label_formatter(&short)
            .draw()?;
        for ((name, points), colour) in self.series.into_iter().zip(COLOURS) {
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.2)).draw()?;
        drop(chart);
        area.present()?;
        drop(area);
        Ok(svg)
    }

    fn across(&self) -> Range<f64> {
        let last = self.points().map(|(across, _)| across).fold(1.0, f64::max);
        0.0..last
    }

    /// From 0.
    fn linear(&self) -> Range<f64> {
        0.0..self.points().map(|(_, up)| up).fold(1.0, f64::max) * 1.1
    }

    /// From the smallest that is there.
    fn logarithmic(&self) -> Range<f64> {
        let up = || self.points().map(|(_, up)| up.max(0.001));
        let (least, most) = (up().fold(f64::INFINITY, f64::min), up().fold(0.002, f64::max));
        least.min(most) / 1.3..most * 1.5
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.series.iter().flat_map(|(_, points)| points.iter().copied())
    }
}

/// As many digits as tell neighbouring labels apart.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "what the library calls")]
fn short(value: &f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of nines as the share that it is.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "what the library calls")]
fn nines(value: &f64) -> String {
    let percent = 100.0 * (1.0 - 10_f64.powf(-value));
    let digits = if *value > 2.0 { 2 } else { 0 };
    format!("{percent:.digits$} %")
}

const SIZE: (u32, u32) = (860, 340);

/// Told apart also by who sees few colours (Okabe, Ito).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(230, 159, 0), RGBColor(213, 94, 0), RGBColor(120, 120, 120)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::summary;

    #[test]
    fn a_plot_has_its_lines_its_names_and_needs_nothing_else() {
        for (svg, names) in [
            (latency_over_time(&summary()).unwrap(), vec!["Latency over time", "p50", "p99", "longest", "seconds"]),
            (throughput_over_time(&summary()).unwrap(), vec!["Throughput over time", "ended", "unexpected"]),
            (distribution(&summary()).unwrap(), vec!["Latency by percentile", "90 %", "99 %"]),
        ] {
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert!(svg.matches("<polyline").count() > names.len() / 3, "{svg}");
            let texts: Vec<&str> = svg.lines().map(str::trim).collect();
            assert!(names.iter().all(|name| texts.contains(name)), "{names:?} in {svg}");
            assert_eq!(svg.matches("http").count(), 1, "only the name of the format: {svg}");
        }
    }

    #[test]
    fn a_run_without_a_single_answer_can_be_drawn() {
        let nothing = Summary { by_second: Vec::new(), distribution: Vec::new(), ..summary() };

        assert!(latency_over_time(&nothing).is_ok());
        assert!(throughput_over_time(&nothing).is_ok());
        assert!(distribution(&nothing).is_ok());
    }
}
