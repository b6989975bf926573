//! The plots of the page, as SVG.

use std::error::Error;

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::{
    BLACK, Cartesian2d, ChartBuilder, ChartContext, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor,
    Rectangle, SVGBackend, Text, WHITE,
};

use super::text::{dollars, size};
use crate::number::real;
use crate::{Backend, Evaluation, Function, Outcome, Stage};

/// A plot can't be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the plot {name} can't be drawn")]
pub struct Unplottable {
    name: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

/// Files by their names.
///
/// # Errors
/// The plotting library's, by the plot's name.
pub fn plots(evaluations: &[Evaluation]) -> Result<Vec<(&'static str, String)>, Unplottable> {
    let drawn = [
        ("concurrency.svg", lines(&concurrency(evaluations))),
        ("refused.svg", lines(&refused(evaluations))),
        ("audit.svg", lines(&behind(evaluations))),
        ("cost.svg", bars(evaluations)),
    ];
    drawn.into_iter().map(|(name, svg)| Ok((name, svg.map_err(|source| Unplottable { name, source })?))).collect()
}

type Drawn = Result<String, Box<dyn Error + Send + Sync>>;
type Points = Vec<(f64, f64)>;

/// Lines over seconds.
struct Chart {
    title: &'static str,
    y: &'static str,
    series: Vec<(String, Points)>,
}

/// Invocations that run at once, on both backends.
fn concurrency(evaluations: &[Evaluation]) -> Chart {
    let smallest = evaluations.iter().map(|evaluation| evaluation.question.verifications).fold(f64::INFINITY, f64::min);
    let shown = evaluations.iter().filter(|evaluation| evaluation.question.verifications <= smallest);
    let series = shown.flat_map(|evaluation| {
        [Function::Initiate, Function::Verify].map(|function| {
            let name = format!("{}, {}, {}", size(smallest), evaluation.question.backend.name(), function.name());
            (name, each_second(&evaluation.needs, |second| *second.busy.get(function)))
        })
    });
    Chart { title: "Invocations that run at once, nothing limited", y: "invocations", series: series.collect() }
}

/// The share that is refused, as deployed.
fn refused(evaluations: &[Evaluation]) -> Chart {
    let series = evaluations.iter().filter_map(|evaluation| {
        let outcome = evaluation.stage(Stage::Deployed)?;
        let share = each_second(outcome, |second| 100.0 * second.refused / second.asked.max(1.0));
        Some((name(evaluation), share.into_iter().filter(|(second, _)| *second < OPENING_SECONDS).collect()))
    });
    Chart { title: "Requests that are refused, as deployed", y: "% of those that come", series: series.collect() }
}

/// How far the trail is behind, once everything else is prepared.
fn behind(evaluations: &[Evaluation]) -> Chart {
    let shown = evaluations.iter().filter(|evaluation| evaluation.question.backend == Backend::Dynamodb);
    let series = shown.filter_map(|evaluation| {
        let audit = &evaluation.stage(Stage::Prepared)?.audit;
        let every = audit.delays.len().div_ceil(MOST_POINTS).max(1);
        let points = audit.delays.iter().step_by(every).map(|(at, delay)| (at.as_secs_f64(), delay.as_secs_f64()));
        Some((name(evaluation), points.collect()))
    });
    Chart { title: "How long events waited that are written, prepared", y: "s", series: series.collect() }
}

fn each_second(outcome: &Outcome, of: impl Fn(&crate::Second) -> f64) -> Points {
    outcome.seconds.iter().take(BUSY_SECONDS).enumerate().map(|(second, row)| (real(second), of(row))).collect()
}

fn lines(chart: &Chart) -> Drawn {
    let all = || chart.series.iter().flat_map(|(_, points)| points);
    let most = all().fold((1.0_f64, 1.0_f64), |most, point| (most.0.max(point.0), most.1.max(point.1)));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&area);
        builder.caption(chart.title, ("sans-serif", 24)).margin(12).x_label_area_size(36).y_label_area_size(64);
        let mut plot = builder.build_cartesian_2d(0.0..most.0 * ROOM_FOR_LEGEND, 0.0..most.1 * 1.05)?;
        plot.configure_mesh()
            .x_desc("seconds")
            .y_desc(chart.y)
            .label_style(LABEL)
            .axis_desc_style(LABEL)
            .light_line_style(WHITE)
            .draw()?;
        for ((name, points), color) in chart.series.iter().zip(COLORS.iter().copied().cycle()) {
            plot.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], color.stroke_width(2)));
        }
        legend(&mut plot)?;
        area.present()?;
    }
    Ok(svg)
}

/// The lines of the bills of the smallest size, side by side.
fn bars(evaluations: &[Evaluation]) -> Drawn {
    let mut bills =
        evaluations.iter().map(|evaluation| (evaluation.question.backend, &evaluation.bill)).collect::<Vec<_>>();
    bills.dedup_by_key(|(backend, _)| *backend);
    bills.truncate(Backend::ALL.len());
    let mut names: Vec<&str> = Vec::new();
    for line in bills.iter().flat_map(|(_, bill)| &bill.lines) {
        if !names.contains(&line.name) {
            names.push(line.name);
        }
    }
    let of = |bill: &crate::Bill, name: &&str| {
        bill.lines.iter().find(|line| line.name == *name).map_or(0.0, |line| line.dollars)
    };
    let most = bills.iter().flat_map(|(_, bill)| &bill.lines).map(|line| line.dollars).fold(0.01, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&area);
        builder.caption("$ per million logins", ("sans-serif", 24)).margin(12).x_label_area_size(30);
        let mut plot = builder.build_cartesian_2d(-0.75 * most..1.1 * most, real(names.len())..0.0)?;
        for ((place, (backend, bill)), color) in bills.iter().enumerate().zip(COLORS) {
            let top = 0.1 + 0.4 * real(place);
            let rows = names.iter().enumerate();
            let drawn = rows.map(|(row, name)| {
                let corner = (of(bill, name), real(row) + top + 0.38);
                Rectangle::new([(0.0, real(row) + top), corner], color.filled())
            });
            plot.draw_series(drawn)?
                .label(format!("{}, {} in all", backend.name(), dollars(bill.total())))
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], color.filled()));
        }
        let label =
            |(row, name): (usize, &&str)| Text::new((*name).to_owned(), (-0.74 * most, real(row) + 0.25), LABEL);
        plot.draw_series(names.iter().enumerate().map(label))?;
        legend(&mut plot)?;
        area.present()?;
    }
    Ok(svg)
}

fn legend<'a, X: Ranged, Y: Ranged>(
    plot: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut labels = plot.configure_series_labels();
    labels.label_font(LABEL).background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3));
    Ok(labels.draw()?)
}

fn name(evaluation: &Evaluation) -> String {
    format!("{}, {}", size(evaluation.question.verifications), evaluation.question.backend.name())
}

const SIZE: (u32, u32) = (960, 480);

const LABEL: (&str, u32) = ("sans-serif", 16);

/// More points than pixels show nothing more.
const MOST_POINTS: usize = 400;

/// Few come when the opening is over, and shares of few are noise.
const OPENING_SECONDS: f64 = 60.0;

/// Hardly anybody thinks for longer.
const BUSY_SECONDS: usize = 120;

/// To the right of the lines.
const ROOM_FOR_LEGEND: f64 = 1.35;

const COLORS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 95, 14),
    RGBColor(44, 140, 68),
    RGBColor(148, 60, 160),
    RGBColor(120, 120, 120),
    RGBColor(180, 40, 60),
];
