//! `countersign capacity`: what a deployed stage would hold, and what that would cost, by simulation.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use capacity::{Backend, Evaluation, Figures, Question, evaluate, page, plots, summary};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::say::say;

/// What to simulate.
#[derive(Debug, Args)]
pub(super) struct CapacityArgs {
    /// How many verifications are opened within a minute, one simulation for each
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "100000,1000000,10000000", value_parser = clap::value_parser!(u32).range(1..))]
    concurrent: Vec<u32>,
    /// Where they are kept
    #[arg(long, value_enum, default_value_t = Kept::Both)]
    backend: Kept,
    /// Where everything random begins: the same seed, the same answer
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Replace a figure of docs/CAPACITY.md, for example wrong=0.2; can be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = replacement)]
    replaced: Vec<(String, f64)>,
    /// Write CAPACITY.md and its plots here [default: print the table]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Which backends.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kept {
    /// In tables.
    Dynamodb,
    /// In a cache.
    Valkey,
    /// Each.
    Both,
}

/// Simulates, and prints or writes what came of it.
pub(super) fn capacity(arguments: &CapacityArgs) -> Result<(), Failure> {
    let mut figures = Figures::default();
    for (name, value) in &arguments.replaced {
        figures.set(name, *value)?;
    }
    let evaluations = evaluations(&figures, arguments);
    match &arguments.out {
        None => Ok(say(&summary(&evaluations))?),
        Some(folder) => {
            let pictures = folder.join("capacity");
            fs::create_dir_all(&pictures)?;
            for (name, svg) in plots(&evaluations)? {
                fs::write(pictures.join(name), svg)?;
            }
            fs::write(folder.join("CAPACITY.md"), page(&figures, &evaluations, arguments.seed))?;
            Ok(say(&format!("wrote {}", folder.join("CAPACITY.md").display()))?)
        }
    }
}

/// One after the other on each processor, in the order of the arguments.
fn evaluations(figures: &Figures, arguments: &CapacityArgs) -> Vec<Evaluation> {
    let questions: Vec<Question> = questions(arguments).collect();
    let bar = bar(questions.len());
    let waiting = Mutex::new(questions.into_iter().enumerate());
    let next = || waiting.lock().ok()?.next();
    let work = || {
        let mut done = Vec::new();
        while let Some((place, question)) = next() {
            done.push((place, evaluate(figures, question, arguments.seed)));
            bar.inc(1);
        }
        done
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, Evaluation)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    bar.finish_and_clear();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, evaluation)| evaluation).collect()
}

fn questions(arguments: &CapacityArgs) -> impl Iterator<Item = Question> {
    let backends = match arguments.backend {
        Kept::Dynamodb => vec![Backend::Dynamodb],
        Kept::Valkey => vec![Backend::Valkey],
        Kept::Both => Backend::ALL.to_vec(),
    };
    arguments.concurrent.iter().flat_map(move |verifications| {
        let verifications = f64::from(*verifications);
        backends.clone().into_iter().map(move |backend| Question { verifications, backend })
    })
}

fn bar(questions: usize) -> ProgressBar {
    let bar = ProgressBar::new(questions as u64);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar.tick();
    bar
}

fn replacement(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    let value = value.parse().map_err(|_| "the value is not a number")?;
    Ok((name.to_owned(), value))
}

const TEMPLATE: &str = "{bar:40} {pos} of {len} simulations  {elapsed}";
