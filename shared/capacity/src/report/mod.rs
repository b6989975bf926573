//! What the model says, for people: a page, plots, and a summary for the terminal.

mod needs;
mod page;
mod plots;
mod remedy;
mod tables;
mod text;

pub use page::page;
pub use plots::{Unplottable, plots};
pub use tables::summary;
